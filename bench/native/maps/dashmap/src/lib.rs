//! DashMap behind the functions of `map.h`: shards, each with a lock; the value is read under it.

use dashmap::DashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Value([u64; 8]);

/// The finalizer of splitmix64, as the other programs have it.
#[derive(Default)]
struct Scrambled(u64);

impl Hasher for Scrambled {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are u64")
    }

    fn write_u64(&mut self, key: u64) {
        let key = (key ^ (key >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let key = (key ^ (key >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        self.0 = key ^ (key >> 31);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type Map = DashMap<u64, Value, BuildHasherDefault<Scrambled>>;

static MAP: OnceLock<Map> = OnceLock::new();

#[inline(always)]
fn map() -> &'static Map {
    MAP.get().expect("the map is created first")
}

#[no_mangle]
pub extern "C" fn map_create() {
    MAP.get_or_init(Map::default);
}

#[no_mangle]
pub extern "C" fn map_register() {}

#[no_mangle]
pub extern "C" fn map_unregister() {}

#[no_mangle]
pub extern "C" fn map_get(key: u64) -> u64 {
    map().get(&key).map_or(0, |found| found.0[0])
}

/// # Safety
/// The value can be read.
#[no_mangle]
pub unsafe extern "C" fn map_add(key: u64, value: *const Value) -> bool {
    match map().entry(key) {
        dashmap::mapref::entry::Entry::Occupied(_) => false,
        dashmap::mapref::entry::Entry::Vacant(place) => {
            place.insert(*value);
            true
        }
    }
}

/// # Safety
/// The value can be read.
#[no_mangle]
pub unsafe extern "C" fn map_set(key: u64, value: *const Value) {
    map().insert(key, *value);
}

#[no_mangle]
pub extern "C" fn map_remove(key: u64) -> bool {
    map().remove(&key).is_some()
}
