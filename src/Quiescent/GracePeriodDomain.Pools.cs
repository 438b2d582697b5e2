using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Pools;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent;

public abstract unsafe partial class GracePeriodDomain
{
    internal BlockPool OpenPool(nuint blockBytes, RcuPoolOptions options)
    {
        ThrowIfClosed();
        BlockPool pool = new(_context, _producer, _registrar, blockBytes, options);

        // Closed is set before the pools are told of it: whichever comes first, this pool knows.
        if (Order.Acquire(in _words->Closed) != 0)
        {
            pool.MarkDomainDisposed();
        }

        return pool;
    }

    /// <summary>Frees the pool's slabs after what waits in it has been carried out; not from where that cannot be waited for.</summary>
    internal void DisposeOf(BlockPool pool)
    {
        RequireMayWait(ThreadRegistrations.Find(_id), nameof(RcuPool<>.Dispose));
        long blocksOut = pool.Close();
        if (blocksOut != 0)
        {
            throw new InvalidOperationException(
                $"{blocksOut} blocks of the pool '{pool.Name}' are still out. Nothing was freed, and the pool can be used as before.");
        }

        if (BarrierTarget.Take(_context, codeOnly: false) is { } ticket)
        {
            BarrierWait.For(_context, _reclaimer, ticket);
        }

        if (pool.IsTypesafe)
        {
            GracePeriodWait.For(_engine, _engine.NextTarget(), _reportReaders);
        }

        pool.Release();
    }
}
