using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Readers;
using Quiescent.Sleepable;

namespace Quiescent.Resources;

// Requires a section of the domain that protects a resource. A guard of another domain would protect nothing, and looks
// just like the right one; so each dereference compares the address of something that the domain alone has.
internal readonly unsafe struct SectionCheck
{
    private static readonly nint s_none = -1;

    private readonly DomainState* _state; // In a sleepable domain: a value that no guard has, not even a default one.
    private readonly long _domain; // The sleepable domain's number; 0 in another domain.

    /// <summary>For the sections of a domain whose threads announce them in slots.</summary>
    public SectionCheck(DomainState* state) => _state = state;

    /// <summary>For the sections of the sleepable domain with this number.</summary>
    public SectionCheck(long domain)
    {
        _domain = domain;
        _state = (DomainState*)s_none;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Require(ref readonly ReadGuard guard)
    {
        if (guard.State != _state)
        {
            ThrowAnother(nameof(guard));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Require(ref readonly OnlineReadGuard guard)
    {
        if (_state != guard.State)
        {
            ThrowAnother(nameof(guard));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Require(ref readonly SrcuReadLock section)
    {
        if (_domain == 0 || !section.IsOpenIn(_domain))
        {
            ThrowUnlessOpen(section);
        }
    }

    [DoesNotReturn]
    private static void ThrowAnother(string parameter) =>
        throw new ArgumentException(
            "The section is not one of the resource's domain, and does not protect it.", parameter);

    [DoesNotReturn]
    private void ThrowUnlessOpen(SrcuReadLock section)
    {
        if (_domain == 0 || section.IsOfAnother(_domain))
        {
            ThrowAnother(nameof(section));
        }

        throw new InvalidOperationException(
            "The lock was released before, or is the default one: it protects nothing.");
    }
}
