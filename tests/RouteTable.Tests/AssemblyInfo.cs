// The trie frees through the process's default domain and the poisoning heap counts for the process: runs that settle
// their accounts to the block must not overlap.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
