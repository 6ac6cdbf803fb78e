//! Where memory comes from.

/// A server's points are allocated by one thread and freed by another; of that the C library's
/// allocator keeps hundreds of megabytes for itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
