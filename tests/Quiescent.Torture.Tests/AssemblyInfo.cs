// Torture takes all cores that it can get, and injected failures strike the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
