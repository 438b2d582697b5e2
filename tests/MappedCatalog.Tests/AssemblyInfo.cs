// Services that swap and answer share the cores; a browser has to be answered in time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
