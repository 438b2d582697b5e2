//! crossbeam-epoch: a registered handle per thread, `pin` per section, `defer_destroy` for what was unlinked. It has
//! neither a wait for a grace period nor a barrier; a flood ends when what was deferred last has run.
//! The workloads are those of the C programs beside it, and so are arguments and answer.

mod floods;
mod peer;
mod reads;

use peer::Arguments;

fn main() {
    let arguments = Arguments::new();
    match arguments.workload() {
        "r1" => reads::r1(&arguments, reads::by_call),
        "r1-loop" => reads::r1(&arguments, reads::in_loop),
        "r2" => reads::r2(&arguments),
        "f1" => floods::f1(&arguments, floods::Slots::Own),
        "f1-random" => floods::f1(&arguments, floods::Slots::Random),
        "f2" => floods::f2(&arguments),
        workload => peer::not_offered(workload),
    }
}
