// The workloads of maps, written once over what a library's file offers (map.h):
//   PEER get|get-zipf|updates|replace|mix|grow|fill|fill-longest|bytes [seconds=S] [threads=N] [entries=N] [read=N…]
#include "growth.h"

static void run_workload(const char *workload)
{
    entries = (int64_t)number_argument("entries", 1000000);
    threads = (int)number_argument("threads", 1);
    if (entries < 1 || threads < 1) {
        fprintf(stderr, "%s: at least one entry and one thread\n", arguments[0]);
        exit(BAD_ARGUMENTS);
    }
    map_create();
    map_register();
    if (strcmp(workload, "get") == 0)
        turn(look_up_uniform, true);
    else if (strcmp(workload, "get-zipf") == 0)
        turn(look_up_zipf, true);
    else if (strcmp(workload, "updates") == 0)
        turn(update_tenth, true);
    else if (strcmp(workload, "replace") == 0)
        turn(replace_all, true);
    else if (strcmp(workload, "mix") == 0)
        turn(mixed, false);
    else if (strcmp(workload, "grow") == 0)
        growth(grow_mixed);
    else if (strcmp(workload, "fill") == 0)
        growth(fill_share);
    else if (strcmp(workload, "fill-longest") == 0)
        fill_longest();
    else if (strcmp(workload, "bytes") == 0)
        bytes();
    else
        not_offered(workload);
}

int main(int count, char **values)
{
    argument_count = count;
    arguments = values;
    if (count < 2) {
        fprintf(stderr, "usage: %s WORKLOAD [seconds=S] [threads=N] [entries=N]\n", values[0]);
        return BAD_ARGUMENTS;
    }
    run_workload(values[1]);
    fflush(stdout);
    // At once: the map and the library's own threads go with the process.
    _Exit(0);
}
