using Quiescent.Tests.Support;

namespace Quiescent.Tests.Locks;

// How tests of asynchronous locks go in.
internal static class AsyncLocks
{
    public static T Now<T>(ValueTask<T> entry)
    {
        Assert.True(entry.IsCompletedSuccessfully);
        return entry.Result;
    }

    public static T Result<T>(Task<T> task)
    {
        Until.Done(task);
        return task.Result;
    }

    public static bool MayWrite(RcuAsyncReaderWriterLock table)
    {
        bool isInside = table.TryWrite(out AsyncWriteScope scope);
        scope.Dispose();
        return isInside;
    }
}
