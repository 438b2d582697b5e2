using System.Runtime.CompilerServices;

namespace Quiescent;

/// <summary>
/// A read of an <see cref="RcuAsyncReaderWriterLock"/>, open until it is disposed of. Dispose of it once, on any
/// thread:
/// <c>using (await table.ReadAsync()) { … }</c>. It may be held across <c>await</c>, stored and passed on.
/// </summary>
/// <remarks><b>Safety.</b> Copies stand for the same read: the first disposal ends it, and a second one throws. The
/// compiler does not see a read that is never left. It keeps writers out for ever, and then all readers; the stall
/// report names the thread that began it, or that let it in.</remarks>
public readonly struct AsyncReadScope : IDisposable
{
    private readonly SrcuReadLock _section;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal AsyncReadScope(SrcuReadLock section) => _section = section;

    /// <summary>Leaves (<c>percpu_up_read</c>): an interlocked compare-exchange on memory of the read's own. The
    /// default does nothing.</summary>
    /// <exception cref="InvalidOperationException">It was disposed of before, perhaps through a copy. Nothing has
    /// changed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Dispose()
    {
        if (!_section.IsDefault)
        {
            _section.Dispose();
        }
    }
}
