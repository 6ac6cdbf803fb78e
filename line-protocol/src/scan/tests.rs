//! Every implementation against the plainest one there is, at every alignment and length.

use super::{Index, Scan, scalar::STRUCTURAL};
use std::vec::Vec;

fn expected(stretch: &[u8]) -> Vec<u32> {
    (0_u32..)
        .zip(stretch)
        .filter(|(_, byte)| b", =\"\\\n\t\0".contains(byte))
        .map(|(at, _)| at)
        .collect()
}

/// Bytes without a pattern, a third of them structural.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..length)
        .map(|_| {
            let random = next();
            if random % 3 == 0 {
                b", =\"\\\n\t\0"[(random >> 8) as usize % 8]
            } else {
                (random >> 16) as u8
            }
        })
        .collect()
}

fn check(scan: Scan, stretch: &[u8]) {
    let mut index = Index::default();
    index.fill(scan, stretch);
    assert_eq!(index.positions(), expected(stretch), "{scan:?}, {} bytes", stretch.len());
}

#[test]
fn eight_bytes_are_structural() {
    let bytes: Vec<u8> = (0..=255).filter(|byte| STRUCTURAL[usize::from(*byte)]).collect();
    assert_eq!(bytes, b"\0\t\n \",=\\");
}

#[test]
fn each_byte_is_judged_alike() {
    for &scan in Scan::available() {
        let all: Vec<u8> = (0..=255).collect();
        check(scan, &all);
        for byte in (0..=255).step_by(if cfg!(miri) { 31 } else { 1 }) {
            check(scan, &[byte; 65]);
        }
    }
}

#[test]
fn every_length_and_alignment() {
    let (starts, lengths) = if cfg!(miri) { (2, 66) } else { (64, Index::LONGEST_STRETCH) };
    let noise = noise(starts + lengths);
    for &scan in Scan::available() {
        for start in 0..starts {
            for length in 0..lengths {
                check(scan, &noise[start..start + length]);
            }
        }
    }
}

#[test]
fn a_full_stretch_of_nothing_else_fits() {
    for &scan in Scan::available() {
        check(scan, &[b','; Index::LONGEST_STRETCH]);
        check(scan, &noise(Index::LONGEST_STRETCH));
        check(scan, &noise(Index::LONGEST_STRETCH - 1));
    }
}

#[test]
fn what_is_longer_is_cut() {
    let mut index = Index::default();
    index.fill(Scan::fastest(), &std::vec![b','; Index::LONGEST_STRETCH + 100]);
    assert_eq!(index.positions().len(), Index::LONGEST_STRETCH);
}

#[test]
fn an_index_is_used_again() {
    let mut index = Index::default();
    index.fill(Scan::Scalar, b"a,b,c");
    index.push(5);
    assert_eq!(index.positions(), [1, 3, 5]);
    index.fill(Scan::Scalar, b"=");
    assert_eq!(index.positions(), [0]);
}
