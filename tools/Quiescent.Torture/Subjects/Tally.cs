namespace Quiescent.Torture.Subjects;

// The torture's own counts for one domain: what it queued, counted when queueing returned, and what was reclaimed,
// counted by the callbacks and deallocators themselves. Blocks of the built-in heaps have no code that could count.
internal sealed class Tally
{
    private long _blocksQueued;
    private long _codeBlocksQueued;
    private long _codeBlocksFreed;
    private long _callbacksQueued;
    private long _callbacksRun;

    /// <summary>Blocks queued, of all deallocators.</summary>
    public long BlocksQueued => Interlocked.Read(ref _blocksQueued);

    /// <summary>Of these, blocks of user deallocators.</summary>
    public long CodeBlocksQueued => Interlocked.Read(ref _codeBlocksQueued);

    public long CodeBlocksFreed => Interlocked.Read(ref _codeBlocksFreed);

    public long CallbacksQueued => Interlocked.Read(ref _callbacksQueued);

    public long CallbacksRun => Interlocked.Read(ref _callbacksRun);

    public void BlockQueued(int count = 1) => Interlocked.Add(ref _blocksQueued, count);

    public void CodeBlockQueued()
    {
        BlockQueued();
        Interlocked.Increment(ref _codeBlocksQueued);
    }

    public void CodeBlockFreed() => Interlocked.Increment(ref _codeBlocksFreed);

    public void CallbackQueued() => Interlocked.Increment(ref _callbacksQueued);

    /// <summary>Adds callbacks of resources, by the domain's own count: only the domain knows how many grace periods
    /// each took. A later check shows that all were invoked, and the resources have counts of their own.</summary>
    public void TakeOver(long callbacks)
    {
        Interlocked.Exchange(ref _callbacksQueued, callbacks);
        Interlocked.Exchange(ref _callbacksRun, callbacks);
    }

    public void CallbackRun() => Interlocked.Increment(ref _callbacksRun);
}
