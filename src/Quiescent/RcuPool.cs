using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Pools;
using Quiescent.Queues;
using Quiescent.Reclamation;

namespace Quiescent;

/// <summary>
/// Blocks of one type in unmanaged memory, to be published to readers of a domain and used again after a grace period
/// (the kernel's slab caches with <c>kfree_rcu</c> and <c>rcu_free</c> sheaves). Each thread has a magazine of blocks
/// ready to rent and a queue of freed ones, whose blocks go straight back to renting: neither renting nor freeing takes
/// a lock or an interlocked instruction, except once per some hundred blocks.
/// </summary>
/// <typeparam name="T">What a block holds.</typeparam>
/// <remarks>
/// <para>All members may be called from any thread at any time, except that nothing may use the pool after
/// <see cref="Dispose"/>. A block may be freed by another thread than the one that rented it. A pool that is dropped
/// without <see cref="Dispose"/> gives its memory back if no block is out, and otherwise never.</para>
/// <para>When the domain is disposed of first, queued blocks come home; from then on <see cref="Rent"/> and
/// <see cref="Free"/> throw, while <see cref="FreeNow"/> brings blocks home that are still out and
/// <see cref="Dispose"/> frees the slabs.</para>
/// <para><b>Safety.</b> A block is unlinked before it is freed, freed once, and not touched afterwards.</para>
/// <para><b>Safety</b>, with <see cref="RcuPoolOptions.TypesafeByRcu"/>. A freed block may be rented again while a
/// reader looks at it. So a reader takes a reference that keeps the block (or its lock), then checks the block's
/// identity again, and only then uses it; or it reads what it needs between two looks at a generation that every reuse
/// changes (<c>rcu_dereference</c>, then a sequence count). The block is a <typeparamref name="T"/> at all times, zero
/// before its first use and otherwise as its last user left it: initialise it field by field, never by assigning a
/// whole new value over the generation or lock that readers look at.</para>
/// <code>
/// using ReadGuard guard = domain.ReadLock();
/// Session* session = guard.DereferencePointer(in bucket);
/// ulong generation = Volatile.Read(ref session->Generation);    // odd while the block is being changed or is free
/// ulong key = Volatile.Read(ref session->Key);
/// long value = Volatile.Read(ref session->Value);
/// bool same = Volatile.Read(ref session->Generation) == generation;
/// bool valid = (generation &amp; 1) == 0 &amp;&amp; same &amp;&amp; key == wanted;
/// </code>
/// </remarks>
public sealed unsafe class RcuPool<T> : IDisposable
    where T : unmanaged
{
    private readonly BlockPool _pool;
    private int _disposal;

    /// <summary>A pool without blocks; the first rent makes the first slab.</summary>
    /// <param name="domain">The domain whose readers the blocks are published to, or null for the default one.</param>
    /// <param name="options">The options, or null for the default ones.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for what a pool consists of.</exception>
    public RcuPool(GracePeriodDomain? domain = null, RcuPoolOptions? options = null)
        : this(domain ?? Rcu.DefaultDomain, (nuint)sizeof(T), (options ?? new RcuPoolOptions()).Validated())
    {
    }

    /// <summary>A pool of blocks of so many bytes, each of which begins with a <typeparamref name="T"/>.</summary>
    internal RcuPool(GracePeriodDomain domain, nuint blockBytes, RcuPoolOptions options)
    {
        Domain = domain;
        Options = options;
        Domain.ThrowIfClosed();
        _pool = new BlockPool(Domain.Core, blockBytes, Options);
    }

    /// <summary>Frees the slabs if no block is out.</summary>
    ~RcuPool()
    {
        _pool?.Disposal.Abandon();
    }

    /// <summary>The domain whose grace periods the blocks wait for.</summary>
    public GracePeriodDomain Domain { get; }

    /// <summary>The options the pool was made with.</summary>
    public RcuPoolOptions Options { get; }

    /// <summary>
    /// A block, the caller's alone until it is published (<c>kmem_cache_alloc</c>). Its contents are undefined, except
    /// in a type-safe pool. Costs a thread-local look-up and a load and store or two; once per some hundred blocks it
    /// takes the thread's own freed blocks back. Registers the thread with the domain on its first call.
    /// </summary>
    /// <returns>The block.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for a slab, or for the thread's first use; nothing has
    /// changed.</exception>
    /// <exception cref="ObjectDisposedException">The pool or its domain is disposed.</exception>
    /// <exception cref="InvalidOperationException">With <see cref="RcuDomainOptions.Validate"/>: the block about to be
    /// rented was written to after it was freed. Thrown once per block.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T* Rent()
    {
        BlockPool pool = _pool;
        long number = Order.Acquire(in pool.Open);
        return Magazines.TryFind(number, out Magazine* magazine) && pool.TryRent(magazine, number, out void* block)
            ? (T*)block
            : RentBeyondFast();
    }

    /// <summary>
    /// Frees the block after a grace period (<c>kfree_rcu</c>, into an <c>rcu_free</c> sheaf); with
    /// <see cref="RcuPoolOptions.TypesafeByRcu"/> at once, though readers may look at it for another grace period. Null
    /// is ignored. One store into a page of this thread; allocates nothing on the managed heap.
    /// </summary>
    /// <param name="block">A block of this pool, already unlinked. The pool's from here on.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for a page, or for the thread's first use; the caller
    /// still owns the block.</exception>
    /// <exception cref="RcuBacklogException">Too much waits, under <see cref="BacklogPolicy.Throw"/>; the caller still
    /// owns the block.</exception>
    /// <exception cref="ObjectDisposedException">The pool or its domain is disposed; the caller still owns the block,
    /// and can bring it home with <see cref="FreeNow"/> while the pool is not.</exception>
    /// <exception cref="InvalidOperationException">With <see cref="RcuDomainOptions.Validate"/>: it is no block of this
    /// pool, or is not out. Nothing was freed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Free(T* block)
    {
        BlockPool pool = _pool;
        if (block != null
            && Magazines.TryFind(Order.Acquire(in pool.Open), out Magazine* magazine)
            && pool.TryFree(magazine, block))
        {
            GC.KeepAlive(this);
            return;
        }

        FreeBeyondFast(block);
    }

    /// <summary>Frees the block at once, for one that was never published, or that no reader can reach any more
    /// (<c>kmem_cache_free</c>). Null is ignored. Needs no memory, except with <see
    /// cref="RcuDomainOptions.Validate"/>.</summary>
    /// <param name="block">A block of this pool. The pool's from here on; on an exception it stays the
    /// caller's.</param>
    /// <exception cref="OutOfMemoryException">With <see cref="RcuDomainOptions.Validate"/>: there is no memory to
    /// record where the block was freed. Nothing was freed.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="InvalidOperationException">With <see cref="RcuDomainOptions.Validate"/>: it is no block of this
    /// pool, or is not out. Nothing was freed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void FreeNow(T* block)
    {
        if (block == null
            || !Magazines.TryFind(Order.Acquire(in _pool.Open), out Magazine* magazine)
            || !Magazine.TryPush(magazine, block))
        {
            FreeNowBeyondFast(block);
        }

        GC.KeepAlive(this);
    }

    /// <summary>
    /// Waits until every block that any thread freed into this pool before the call has come home
    /// (<c>kvfree_rcu_barrier_on_cache</c>): for nothing else that the domain holds, and for no callback, however slow.
    /// It is no grace period: with nothing queued it returns at once. The calling thread brings the blocks home itself,
    /// and needs no other thread.
    /// </summary>
    /// <remarks>Costs a look at each slot of the domain in which something waits; then up to two grace periods. Of a
    /// type-safe pool no block ever waits. Blocks that are out are not waited for.</remarks>
    /// <exception cref="InvalidOperationException">Inside a section of the domain, online, or in one of its
    /// callbacks.</exception>
    /// <exception cref="ObjectDisposedException">The pool or its domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the list of what to wait for; nothing is
    /// lost.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted; nothing is lost.</exception>
    /// <exception cref="TimeoutException">In a handler of the process's exit: what it waits for may never
    /// happen.</exception>
    public void Barrier()
    {
        _pool.State.ThrowIfDisposed();
        Domain.ThrowIfClosed();
        Domain.Core.RequireMayWait(nameof(Barrier));
        Domain.WaitFor(BarrierScope.Of(_pool.Channel));
        GC.KeepAlive(this);
    }

    /// <summary>As <see cref="Barrier"/>, without blocking a thread. Continuations run on the thread pool. While the
    /// domain's reclaimer runs a slow callback, a pool thread looks every few milliseconds. Allowed everywhere, also
    /// inside a section and in a callback, which must not wait for the task.</summary>
    /// <param name="cancellationToken">Ends the wait, nothing else.</param>
    /// <returns>A task that completes when every block freed into this pool before the call has come home.</returns>
    /// <exception cref="ObjectDisposedException">The pool or its domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">It would have to wait, and there is no memory for it or the reclaimer
    /// cannot be started.</exception>
    public ValueTask BarrierAsync(CancellationToken cancellationToken = default)
    {
        _pool.State.ThrowIfDisposed();
        ValueTask task = Domain.WaitForAsync(BarrierScope.Of(_pool.Channel), cancellationToken);
        GC.KeepAlive(this);
        return task;
    }

    /// <summary>The pool's counts. Costs a look at each of the domain's slots; works after <see cref="Dispose"/>
    /// too.</summary>
    /// <returns>The counts at one moment.</returns>
    public RcuPoolStatistics GetStatistics()
    {
        RcuPoolStatistics statistics = _pool.Counts.Read();
        GC.KeepAlive(this);
        return statistics;
    }

    /// <summary>
    /// Waits until the queued blocks have come home (as <see cref="Barrier"/> does), and gives all memory back. While
    /// blocks are out it throws, and frees nothing: they may still be read. A second call does nothing.
    /// At the process's exit it gives up after two seconds or less, and frees nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">Blocks are still out; the message says how many, and the pool can be
    /// used as before. Or the call comes from inside a section of the domain, online, or from one of its
    /// callbacks.</exception>
    /// <exception cref="OutOfMemoryException">The pool is closed and loses nothing, but is not done yet: call
    /// again.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted; the pool is closed and loses nothing,
    /// but is not done yet: call again.</exception>
    public void Dispose()
    {
        if (!TryLock.TryEnter(ref _disposal))
        {
            return;
        }

        try
        {
            _pool.Disposal.Dispose();
        }
        catch
        {
            TryLock.Exit(ref _disposal);
            throw;
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the next <see cref="Free"/> of this thread sure to find room, and pays for those before it, as it
    /// would.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for a page, or for the thread's first
    /// use.</exception>
    /// <exception cref="RcuBacklogException">Too much waits, under <see cref="BacklogPolicy.Throw"/>.</exception>
    /// <exception cref="ObjectDisposedException">The pool or its domain is disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void PrepareFree()
    {
        if (!Magazines.TryFind(Order.Acquire(in _pool.Open), out Magazine* magazine)
            || Page.HasNoRoom(magazine->Queue.Cursor))
        {
            PrepareFreeBeyondFast();
        }
    }

    /// <summary>Frees the slabs, with all blocks that are out, as soon as those that wait have come home. Nobody calls
    /// the pool any more, or uses a block.</summary>
    internal void Discard()
    {
        _pool.Disposal.Discard();
        GC.KeepAlive(this);
    }

    // These, and the fast paths that fill a magazine, keep the object until a block on its way has arrived. If the
    // object were dropped before, the pool would count the block as out, and nothing would look again.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private T* RentBeyondFast()
    {
        T* block = (T*)_pool.Rent();
        GC.KeepAlive(this);
        return block;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreeBeyondFast(T* block)
    {
        _pool.Free(block);
        GC.KeepAlive(this);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PrepareFreeBeyondFast()
    {
        _pool.PrepareFree();
        GC.KeepAlive(this);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FreeNowBeyondFast(T* block)
    {
        _pool.FreeNow(block);
        GC.KeepAlive(this);
    }
}
