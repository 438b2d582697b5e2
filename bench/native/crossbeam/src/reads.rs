//! R1, R2: a section with one dereference and one field; on its own, and against an updater without pause,
//! or one of `rate` updates a second.

use crate::peer::{barrier, pass, read_field, register, replace, Arguments, Node, Slot, READ_BATCH, STOP};
use crossbeam_epoch::{Atomic, LocalHandle};
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

#[inline(never)]
fn read_field_by_call(handle: &LocalHandle, slot: &Atomic<Node>) -> i64 {
    read_field(handle, slot)
}

/// Nanoseconds per operation.
#[inline(always)]
fn read(slot: &Slot, gate: &Barrier, operation: impl Fn(&LocalHandle, &Atomic<Node>) -> i64) -> f64 {
    let handle = register();
    pass(gate);
    let began = Instant::now();
    let (mut operations, mut sum) = (0, 0);
    while !STOP.requested() {
        for _ in 0..READ_BATCH {
            sum += operation(&handle, &slot.0);
        }
        operations += READ_BATCH;
    }
    let time = began.elapsed();
    black_box(sum);
    time.as_nanos() as f64 / operations as f64
}

pub fn by_call(slot: &Slot, gate: &Barrier) -> f64 {
    read(slot, gate, read_field_by_call)
}

pub fn in_loop(slot: &Slot, gate: &Barrier) -> f64 {
    read(slot, gate, read_field)
}

pub fn r1(arguments: &Arguments, reader: fn(&Slot, &Barrier) -> f64) {
    let threads = arguments.count("threads", 1);
    let slot = Slot::new(1);
    let gate = Barrier::new(threads + 1);
    let sum: f64 = thread::scope(|scope| {
        let readers: Vec<_> = (0..threads).map(|_| scope.spawn(|| reader(&slot, &gate))).collect();
        pass(&gate);
        thread::sleep(arguments.seconds());
        STOP.request();
        readers.into_iter().map(|reader| reader.join().unwrap()).sum()
    });
    println!("{{\"value\": {:.4}}}", sum / threads as f64);
}

pub fn r2(arguments: &Arguments) {
    let slot = Slot::new(1);
    let gate = Barrier::new(3);
    let rate = arguments.count("rate", 0);
    let apart = Duration::from_secs(1).checked_div(rate as u32).unwrap_or_default();
    let (nanoseconds, updates) = thread::scope(|scope| {
        let reader = scope.spawn(|| by_call(&slot, &gate));
        let updater = scope.spawn(|| {
            let handle = register();
            pass(&gate);
            let began = Instant::now();
            let mut operations = 0u32;
            while !STOP.requested() {
                replace(&handle, &slot.0, 1, false);
                operations += 1;
                while !STOP.requested() && began.elapsed() < apart * operations {}
            }
            let rate = f64::from(operations) / began.elapsed().as_secs_f64();
            barrier(&handle);
            rate
        });
        pass(&gate);
        thread::sleep(arguments.seconds());
        STOP.request();
        (reader.join().unwrap(), updater.join().unwrap())
    });
    println!("{{\"value\": {nanoseconds:.4}, \"details\": {{\"updates/s\": {updates:.0}}}}}");
}
