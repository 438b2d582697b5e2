// One schedule at a time: the library's static state belongs to the schedule that runs.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
