namespace Quiescent.Torture.Subjects;

// The torture's own books of one domain: what it queued, counted when queueing returned, and what was carried out,
// counted by the callbacks and deallocators themselves. Blocks of the built-in heaps carry no code to count with.
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

    /// <summary>Callbacks of resources, by the domain's own count: nobody else knows how many grace periods each took.
    /// That all have been invoked is still to be shown, and the resources have books of their own.</summary>
    public void TakeOver(long callbacks)
    {
        Interlocked.Exchange(ref _callbacksQueued, callbacks);
        Interlocked.Exchange(ref _callbacksRun, callbacks);
    }

    public void CallbackRun() => Interlocked.Increment(ref _callbacksRun);
}
