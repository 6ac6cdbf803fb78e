//! Threads that do nothing but keep the processor busy: on a machine with other work a verdict must
//! be the same.

use std::hint::{black_box, spin_loop};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Busy threads, until it is dropped.
pub(super) struct Load {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u64>>,
}

impl Load {
    pub(super) fn start(count: usize) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let threads = (0..count)
            .map(|_| {
                let over = Arc::clone(&over);
                std::thread::spawn(move || work(&over))
            })
            .collect();
        Self { over, threads }
    }
}

/// Arithmetic, which nothing waits for.
fn work(over: &AtomicBool) -> u64 {
    let mut number = 1_u64;
    while !over.load(Ordering::Relaxed) {
        for _ in 0..10_000 {
            number = black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        spin_loop();
    }
    number
}

impl Drop for Load {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_when_it_is_dropped() {
        let load = Load::start(2);
        let over = Arc::clone(&load.over);
        assert_eq!((load.threads.len(), Arc::strong_count(&over)), (2, 4));
        drop(load);
        assert_eq!(Arc::strong_count(&over), 1);
    }
}
