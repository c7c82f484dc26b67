//! Memory that one input takes: counted by the allocator, which ends the process when it is too much.
//!
//! `RUST_BACKTRACE=1` shows where.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Bytes that an input may take for each of its own: live at a time.
pub const PER_BYTE: usize = 10;
/// Bytes that any input may take.
pub const FREE: usize = 1 << 20;

/// Runs `read` on an input; the process ends with a message if more memory is live at a time than the input may take.
///
/// What stays behind, such as a table that is made once, counts too: run the target once before.
pub fn bounded(input: &[u8], read: impl FnOnce(&[u8])) {
    let allowed = input.len() * PER_BYTE + FREE;
    LIMIT.store(LIVE.load(Ordering::Relaxed) + allowed, Ordering::Relaxed);
    INPUT.store(input.len(), Ordering::Relaxed);
    ARMED.store(true, Ordering::Relaxed);
    read(input);
    ARMED.store(false, Ordering::Relaxed);
}

/// A reader that takes too much for some inputs, so that a run can show that it would find that.
pub fn glutton(input: &[u8]) {
    for (at, byte) in b"more".iter().enumerate() {
        // each byte is a way of its own, so that finding it does not hang on how four of them are compared at once
        if std::hint::black_box(input.get(at)) != Some(byte) {
            return;
        }
    }
    std::hint::black_box(vec![1_u8; 2 * FREE]);
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static LIMIT: AtomicUsize = AtomicUsize::new(0);
static INPUT: AtomicUsize = AtomicUsize::new(0);
static ARMED: AtomicBool = AtomicBool::new(false);

fn grow(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if ARMED.load(Ordering::Relaxed) && live > LIMIT.load(Ordering::Relaxed) {
        ARMED.store(false, Ordering::Relaxed);
        let input = INPUT.load(Ordering::Relaxed);
        let allowed = input * PER_BYTE + FREE;
        eprintln!(
            "an input of {input} bytes takes more than {allowed} bytes of memory, the last {bytes} here:\n{}",
            std::backtrace::Backtrace::capture()
        );
        std::process::abort();
    }
}

// SAFETY: hands everything on to the system's allocator, whose contract is the same, and only counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's promises are the system's
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller's promises are the system's
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are the system's
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match size.checked_sub(layout.size()) {
            Some(more) => grow(more),
            None => drop(LIVE.fetch_sub(layout.size() - size, Ordering::Relaxed)),
        }
        // SAFETY: the caller's promises are the system's
        unsafe { System.realloc(pointer, layout, size) }
    }
}
