//! F1, F2: allocate 64 bytes, publish by exchange, destroy the old block after a grace period; or while a reader
//! overstays.

use crate::peer::{
    barrier, frees, memory_mebibytes, pass, read_field, register, replace, Arguments, Node, Slot, Stop, READ_BATCH,
    STOP,
};
use crossbeam_epoch::{Atomic, Owned};
use std::hint::black_box;
use std::sync::atomic::Ordering;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

pub enum Slots {
    Own,
    Random,
}

fn update_own(slot: &Slot, gate: &Barrier, counted: bool) -> i64 {
    let handle = register();
    pass(gate);
    let mut operations = 0;
    while !STOP.requested() {
        replace(&handle, &slot.0, operations, counted);
        operations += 1;
    }
    barrier(&handle);
    operations
}

/// Fills its share of the table first: blocks and their replacements come from the same thread's part of the heap.
fn update_random(table: &[Atomic<Node>], index: usize, updaters: usize, gate: &Barrier) -> i64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(index as u64 + 1);
    let handle = register();
    for slot in table.iter().skip(index).step_by(updaters) {
        slot.store(Owned::new(Node::new(0)), Ordering::Relaxed);
    }
    pass(gate);
    let mut operations = 0;
    while !STOP.requested() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let index = ((state >> 32) * table.len() as u64) >> 32;
        replace(&handle, &table[index as usize], operations, false);
        operations += 1;
    }
    barrier(&handle);
    operations
}

/// Readers go on while the updaters' last blocks are freed.
static DRAINED: Stop = Stop::new();

fn read_first(slot: &Slot, gate: &Barrier) -> i64 {
    let handle = register();
    pass(gate);
    let (mut operations, mut sum) = (0, 0);
    while !DRAINED.requested() {
        for _ in 0..READ_BATCH {
            sum += read_field(&handle, &slot.0);
        }
        operations += READ_BATCH;
    }
    black_box(sum);
    operations
}

pub fn f1(arguments: &Arguments, kind: Slots) {
    let updaters = arguments.count("updaters", 1);
    let readers = arguments.count("readers", 0);
    let slots: Vec<Slot> = (0..updaters).map(|i| Slot::new(i as i64)).collect();
    let table: Vec<Atomic<Node>> = match kind {
        Slots::Own => Vec::new(),
        Slots::Random => (0..arguments.count("blocks", 1 << 20)).map(|_| Atomic::null()).collect(),
    };
    let gate = Barrier::new(updaters + readers + 1);
    let (slots, table, gate) = (&slots, &table, &gate);
    let (objects, reads, live, time) = thread::scope(|scope| {
        let updating: Vec<_> = (0..updaters)
            .map(|i| match kind {
                Slots::Own => scope.spawn(move || update_own(&slots[i], gate, false)),
                Slots::Random => scope.spawn(move || update_random(table, i, updaters, gate)),
            })
            .collect();
        let reading: Vec<_> = (0..readers).map(|_| scope.spawn(move || read_first(&slots[0], gate))).collect();
        gate.wait();
        let live = memory_mebibytes("VmRSS");
        gate.wait();
        let began = Instant::now();
        thread::sleep(arguments.seconds());
        STOP.request();
        let objects: i64 = updating.into_iter().map(|updater| updater.join().unwrap()).sum();
        let time = began.elapsed().as_secs_f64();
        DRAINED.request();
        let reads: i64 = reading.into_iter().map(|reader| reader.join().unwrap()).sum();
        (objects, reads, live, time)
    });
    println!(
        "{{\"value\": {:.4}, \"details\": {{\"peak MiB\": {:.2}, \"reads/s\": {:.0}}}}}",
        objects as f64 / time / 1e6,
        memory_mebibytes("VmHWM") - live,
        reads as f64 / time
    );
}

pub fn f2(arguments: &Arguments) {
    let updaters = arguments.count("updaters", 1);
    let slots: Vec<Slot> = (0..updaters).map(|i| Slot::new(i as i64)).collect();
    let gate = Barrier::new(updaters + 2);
    let (slots, gate) = (&slots, &gate);
    let (retired, live, drain) = thread::scope(|scope| {
        let updating: Vec<_> = slots.iter().map(|slot| scope.spawn(move || update_own(slot, gate, true))).collect();
        let overstaying = scope.spawn(move || {
            let handle = register();
            let guard = handle.pin();
            pass(gate);
            // SAFETY: as in read_field.
            black_box(unsafe { slots[0].0.load(Ordering::Acquire, &guard).deref().value });
            thread::sleep(arguments.seconds());
            STOP.request();
            let left = Instant::now();
            drop(guard);
            left
        });
        gate.wait();
        let live = memory_mebibytes("VmRSS");
        gate.wait();
        let left = overstaying.join().unwrap();
        let retired: i64 = updating.into_iter().map(|updater| updater.join().unwrap()).sum();
        (retired, live, left.elapsed())
    });
    println!(
        "{{\"value\": {:.2}, \"details\": {{\"drain ms\": {:.3}, \"lost\": {}, \"blocks\": {retired}}}}}",
        memory_mebibytes("VmHWM") - live,
        drain.as_secs_f64() * 1e3,
        retired - frees()
    );
}
