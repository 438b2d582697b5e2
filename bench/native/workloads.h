// The workloads, written once over what a peer's file defines before it includes this one:
//   struct node { long value; … } of 64 bytes, new_node
//   peer_register, peer_unregister                   around a reader's use of the library
//   peer_register_updater, peer_unregister_updater   around an updater's; it never enters a section
//   peer_quiescent, peer_quiescent_updater           between operations: no reference is held
//   peer_offline, peer_online                        around a registered reader's idleness
//   peer_enter, peer_leave, peer_load                the read side
//   peer_exchange, peer_retire, peer_barrier, peer_synchronize
// and PEER_RETIRES, PEER_SYNCHRONIZES, PEER_COUNTS_FREES (peer_count_frees, peer_frees) for what it has.
#ifndef WORKLOADS_H
#define WORKLOADS_H

#include "reads.h"
#include "grace_periods.h"
#include "floods.h"

static void run_workload(const char *workload)
{
    if (strcmp(workload, "r1") == 0)
        r1(read_by_call);
    else if (strcmp(workload, "r1-loop") == 0)
        r1(read_in_loop);
    else if (strcmp(workload, "f1") == 0)
        f1(false);
    else if (strcmp(workload, "f1-random") == 0)
        f1(true);
#ifdef PEER_RETIRES
    else if (strcmp(workload, "r2") == 0)
        r2();
    else if (strcmp(workload, "b") == 0)
        b();
#endif
#ifdef PEER_SYNCHRONIZES
    else if (strcmp(workload, "g") == 0)
        g();
#endif
#ifdef PEER_COUNTS_FREES
    else if (strcmp(workload, "f2") == 0)
        f2();
#endif
    else
        not_offered(workload);
}

int main(int count, char **values)
{
    argument_count = count;
    arguments = values;
    if (count < 2) {
        fprintf(stderr, "usage: %s WORKLOAD [seconds=S] [threads=N] [readers=N] [updaters=N] [callers=N] [blocks=N]\n",
            values[0]);
        return BAD_ARGUMENTS;
    }
    peer_start();
    run_workload(values[1]);
    fflush(stdout);
    // At once: the last blocks and the library's own threads go with the process.
    _Exit(0);
}

#endif
