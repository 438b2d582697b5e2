using System.Runtime.InteropServices;
using Quiescent.Reclamation;
using Quiescent.Resources;

namespace Quiescent;

/// <summary>
/// A handle of the operating system or of a native library that readers use inside their sections without counting
/// references: <c>guard.Dereference(handle)</c> is two loads, where <see cref="SafeHandle.DangerousAddRef"/> and
/// <see cref="SafeHandle.DangerousRelease"/> are interlocked operations on a word that all threads share. Closing waits
/// for the readers.
/// </summary>
/// <remarks>
/// <para>Otherwise it is a <see cref="SafeHandle"/>: implement <see cref="SafeHandle.IsInvalid"/> and
/// <see cref="SafeHandle.ReleaseHandle"/>, pass it to P/Invoke. <see cref="SafeHandle.Dispose()"/> closes it for
/// sections that begin afterwards; <see cref="SafeHandle.ReleaseHandle"/> is called once, after a grace period (two, if
/// the handle was still used meanwhile) and when the last reference is released, nearly always on the domain's
/// reclaimer; also if the handle is dropped instead of disposed of. <see cref="SafeHandle.IsClosed"/> is false until
/// then. Closing needs no memory and cannot fail: after the domain's disposal the thread pool waits for the readers. A
/// barrier waits for the first grace period only.</para>
/// <para><b>Safety.</b> The raw handle must not be used after the section. A handle marked by
/// <see cref="SafeHandle.SetHandleAsInvalid"/> must still be disposed of: until then it keeps the domain, and what
/// closing needs.</para>
/// </remarks>
public abstract class RcuSafeHandle : SafeHandle, IReleasable, IDefersDisposal
{
    private readonly Lifetime? _lifetime;

    /// <summary>A handle that is <paramref name="invalidHandleValue"/> until <see
    /// cref="SafeHandle.SetHandle"/>.</summary>
    /// <param name="invalidHandleValue">The value of an invalid handle.</param>
    /// <param name="ownsHandle">Whether it is released at all.</param>
    /// <param name="domain">Whose readers use it; null: those of <see cref="Rcu"/>.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for what closing will need (closing itself allocates
    /// nothing).</exception>
    protected RcuSafeHandle(nint invalidHandleValue, bool ownsHandle, GracePeriodDomain? domain = null)
        : base(invalidHandleValue, ownsHandle)
    {
        Domain = domain ?? Rcu.DefaultDomain;
        Readers = Domain.CreateSectionCheck();
        if (ownsHandle)
        {
            // The readers' reference: closing keeps it, and the end of the lifetime releases it.
            bool added = false;
            DangerousAddRef(ref added);
            _lifetime = new Lifetime(Domain.Core, resource: null, isPublished: false);
        }
    }

    /// <summary>The domain whose readers use the handle.</summary>
    public GracePeriodDomain Domain { get; }

    internal SectionCheck Readers { get; }

    DomainCore IDefersDisposal.Core => Domain.Core;

    string IReleasable.ReleaseName => $"{GetType()}.{nameof(ReleaseHandle)}";

    void IReleasable.Release() => DangerousRelease();

    internal nint Use()
    {
        _lifetime?.Use();
        return handle;
    }

    /// <summary>Closes the handle; it is released when its readers are gone. A second call does nothing.</summary>
    /// <param name="disposing">False on the finalizer thread.</param>
    protected sealed override void Dispose(bool disposing)
    {
        _lifetime?.Close(this, isFinalizing: !disposing);
        base.Dispose(disposing);
    }
}
