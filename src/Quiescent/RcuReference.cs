using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Resources;

namespace Quiescent;

/// <summary>
/// A reference to a managed object that has to be disposed of, but not under its readers: a connection, a file, an
/// index with native memory. Readers take it with <c>guard.Dereference(reference)</c> inside a section; an updater
/// replaces it, and the old object is disposed of after a grace period (<c>rcu_assign_pointer</c> and <c>call_rcu</c>).
/// </summary>
/// <remarks>
/// <para>For an object that needs only memory, a plain reference is enough: the garbage collector waits for its
/// readers.</para>
/// <para>Objects are disposed of on the domain's reclaimer, in the order in which a thread replaced them. What
/// <see cref="IDisposable.Dispose"/> throws goes to <see cref="GracePeriodDomain.CallbackFailed"/>. A resource that
/// waits for readers of the same domain by itself, such as an <see cref="RcuSafeHandle"/>, is disposed of at once.
/// After the domain's disposal the thread pool waits for the readers.</para>
/// <para><b>Safety.</b> Do not keep the object beyond the section; it may be disposed of then. All members may be
/// called on any thread.</para>
/// </remarks>
/// <typeparam name="T">The object's type.</typeparam>
public sealed unsafe class RcuReference<T> : IDisposable
    where T : class, IDisposable
{
    private readonly Disposal _last = new();
    private readonly RcuHead* _lastHead; // Made with the reference, so that Dispose needs no memory.
    private T? _value;
    private int _gate; // Taken by updaters for a few instructions.
    private bool _isDisposed;

    /// <summary>A reference to the given object.</summary>
    /// <param name="value">The object, the reference's from here on; null: none yet.</param>
    /// <param name="domain">Whose readers use it; null: those of <see cref="Rcu"/>.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for what disposing will need (disposing itself
    /// allocates nothing); the object is still the caller's.</exception>
    public RcuReference(T? value = null, GracePeriodDomain? domain = null)
    {
        Domain = domain ?? Rcu.DefaultDomain;
        Readers = Domain.CreateSectionCheck();
        _lastHead = ManagedCallback.CreateHead(_last);
        _value = value;
    }

    /// <summary>Gives back what disposing would have needed. The object is left to the garbage collector.</summary>
    ~RcuReference()
    {
        if (_lastHead != null)
        {
            ManagedCallback.Discard(_lastHead);
        }
    }

    /// <summary>The domain whose readers use the object.</summary>
    public GracePeriodDomain Domain { get; }

    /// <summary>Whether there is no object now.</summary>
    public bool IsNull => Load() is null;

    internal SectionCheck Readers { get; }

    /// <summary>The object, for the updater that holds its own lock (<c>rcu_dereference_protected</c>).</summary>
    /// <returns>The object, or null.</returns>
    /// <remarks><b>Safety.</b> Nobody may replace it meanwhile.</remarks>
    public T? LoadProtected() => Load();

    /// <summary>Publishes an object; the old one is disposed of when no reader can hold it. The same object again
    /// changes nothing.</summary>
    /// <param name="value">The new object, or null.</param>
    /// <exception cref="OutOfMemoryException">There is no memory to queue the old object; nothing has
    /// changed.</exception>
    /// <exception cref="ObjectDisposedException">The reference is disposed; the object is still the
    /// caller's.</exception>
    public void Replace(T? value) => TryReplace(value, static (_, _) => true, comparand: null);

    /// <summary>As <see cref="Replace"/>, if the object now is <paramref name="comparand"/>. False: it was not, and
    /// nothing has changed.</summary>
    /// <param name="value">The new object, or null.</param>
    /// <param name="comparand">The object that is expected now.</param>
    /// <returns>True when it was replaced.</returns>
    /// <inheritdoc cref="Replace" path="/exception"/>
    public bool TryReplace(T? value, T? comparand) =>
        TryReplace(value, static (now, expected) => now == expected, comparand);

    /// <summary>Publishes an object, and returns the old one, which the caller must dispose of after its readers:
    /// <see cref="GracePeriodDomain.Dispose(IDisposable)"/>.</summary>
    /// <param name="value">The new object, or null.</param>
    /// <returns>The object that was published before, or null.</returns>
    /// <exception cref="ObjectDisposedException">The reference is disposed; the object is still the
    /// caller's.</exception>
    public T? Exchange(T? value)
    {
        T? old;
        bool isDisposed;
        using (TryLock.Hold(ref _gate))
        {
            isDisposed = _isDisposed;
            old = isDisposed ? null : Publish(value);
        }

        ThrowIf(isDisposed);
        return old;
    }

    /// <summary>Ends the reference: its object is disposed of when no reader can hold it, and readers find null. A
    /// second call does nothing. Needs no memory, and cannot fail.</summary>
    public void Dispose()
    {
        T? old;
        using (TryLock.Hold(ref _gate))
        {
            if (_isDisposed)
            {
                return;
            }

            old = Publish(null);
            _isDisposed = true;
        }

        GC.SuppressFinalize(this);
        HandOver(old, _last, _lastHead);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T? Load() => Order.Acquire(in _value);

    private bool TryReplace(T? value, Func<T?, T?, bool> condition, T? comparand)
    {
        Disposal disposal = new();
        RcuHead* head = ManagedCallback.CreateHead(disposal); // Before anything is unlinked.
        T? old = null;
        try
        {
            return TryPublish(value, condition, comparand, out old);
        }
        finally
        {
            HandOver(old, disposal, head);
        }
    }

    private bool TryPublish(T? value, Func<T?, T?, bool> condition, T? comparand, out T? old)
    {
        old = null;
        bool isMet = false;
        bool isDisposed;
        using (TryLock.Hold(ref _gate))
        {
            isDisposed = _isDisposed;
            if (!isDisposed && condition(_value, comparand))
            {
                isMet = true;
                if (value != _value)
                {
                    old = Publish(value);
                }
            }
        }

        ThrowIf(isDisposed);
        return isMet;
    }

    // Disposes of what was unlinked, after its readers. Null: nothing was.
    private void HandOver(T? old, Disposal disposal, RcuHead* head)
    {
        if (old is null)
        {
            ManagedCallback.Discard(head);
        }
        else if (old is IDefersDisposal other && other.Core == Domain.Core)
        {
            ManagedCallback.Discard(head);
            old.Dispose();
        }
        else
        {
            disposal.Resource = old;
            Domain.Core.QueueRelease(head); // O3 (unlinked before started).
        }
    }

    private T? Publish(T? value)
    {
        T? old = _value;
        Order.Release(ref _value, value);
        return old;
    }

    // Not under the gate: an exception runs first-chance handlers (O8).
    private void ThrowIf(bool isDisposed) => ObjectDisposedException.ThrowIf(isDisposed, this);
}
