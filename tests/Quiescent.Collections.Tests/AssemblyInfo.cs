// These tests measure threads and process-wide state, so no two of them may run at the same time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
