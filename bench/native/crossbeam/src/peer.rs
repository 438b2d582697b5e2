//! Arguments, the block, retiring it and the end of a flood, memory.

use crossbeam_epoch::{Atomic, LocalHandle, Owned};
use std::process::exit;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Barrier};

/// Operations between two looks at the flag that ends a run.
pub const READ_BATCH: i64 = 1024;

pub struct Node {
    pub value: i64,
    _padding: [u64; 7],
}

impl Node {
    pub fn new(value: i64) -> Self {
        Node { value, _padding: [0; 7] }
    }
}

/// A pointer on cache lines of its own.
#[repr(align(128))]
pub struct Slot(pub Atomic<Node>);

impl Slot {
    pub fn new(value: i64) -> Self {
        Slot(Atomic::new(Node::new(value)))
    }
}

#[repr(align(128))]
pub struct Stop(AtomicBool);

pub static STOP: Stop = Stop::new();
static FREES: AtomicI64 = AtomicI64::new(0);

impl Stop {
    pub const fn new() -> Self {
        Stop(AtomicBool::new(false))
    }

    #[inline(always)]
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Every thread passes the gate: all are ready then. Main reads the memory before it passes it a second time, with all
/// others.
pub fn pass(gate: &Barrier) {
    gate.wait();
    gate.wait();
}

pub fn register() -> LocalHandle {
    crossbeam_epoch::default_collector().register()
}

#[inline(always)]
pub fn read_field(handle: &LocalHandle, slot: &Atomic<Node>) -> i64 {
    let guard = handle.pin();
    // SAFETY: a slot is never null, and what it points to is destroyed by a deferral only.
    unsafe { slot.load(Ordering::Acquire, &guard).deref().value }
}

#[inline(always)]
pub fn replace(handle: &LocalHandle, slot: &Atomic<Node>, value: i64, counted: bool) {
    let guard = handle.pin();
    let old = slot.swap(Owned::new(Node::new(value)), Ordering::AcqRel, &guard);
    // SAFETY: the swap unlinked it, so this thread alone retires it.
    unsafe {
        if counted {
            guard.defer_unchecked(move || {
                drop(old.into_owned());
                FREES.fetch_add(1, Ordering::Relaxed);
            });
        } else {
            guard.defer_destroy(old);
        }
    }
}

pub fn frees() -> i64 {
    FREES.load(Ordering::SeqCst)
}

/// Bags of deferrals are taken in the order in which they were filled: what this thread deferred before has run.
pub fn barrier(handle: &LocalHandle) {
    let reached = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&reached);
    handle.pin().defer(move || reached.store(true, Ordering::Release));
    while !seen.load(Ordering::Acquire) {
        handle.pin().flush();
    }
}

pub struct Arguments(Vec<String>);

impl Arguments {
    pub fn new() -> Self {
        let values: Vec<String> = std::env::args().collect();
        if values.len() < 2 {
            eprintln!("usage: {} WORKLOAD [seconds=S] [threads=N] [readers=N] [updaters=N] [blocks=N]", values[0]);
            exit(2);
        }
        Arguments(values)
    }

    pub fn workload(&self) -> &str {
        &self.0[1]
    }

    pub fn count(&self, key: &str, otherwise: usize) -> usize {
        self.number(key, otherwise as f64) as usize
    }

    pub fn seconds(&self) -> std::time::Duration {
        std::time::Duration::from_secs_f64(self.number("seconds", 1.0))
    }

    fn number(&self, key: &str, otherwise: f64) -> f64 {
        let prefix = format!("{key}=");
        let Some(text) = self.0.iter().skip(2).find_map(|value| value.strip_prefix(&prefix)) else {
            return otherwise;
        };
        match text.parse::<f64>() {
            Ok(number) if number >= 0.0 => number,
            _ => {
                eprintln!("not a number: {key}={text}");
                exit(2)
            }
        }
    }
}

/// A line of /proc/self/status, in MiB.
pub fn memory_mebibytes(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|rest| rest.trim_start_matches(':').split_whitespace().next());
    kibibytes.and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

pub fn not_offered(workload: &str) -> ! {
    eprintln!("no workload \"{workload}\"");
    exit(64)
}
