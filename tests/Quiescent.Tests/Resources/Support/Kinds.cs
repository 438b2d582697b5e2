namespace Quiescent.Tests.Resources.Support;

public enum DomainKind
{
    Rcu,
    Full,
    Validating,
    Srcu,
    ValidatingSrcu,
}

public enum ResourceKind
{
    Handle,
    Reference,
    Memory,
    File,
}

// The domains that a resource can live in, and the resources.
internal static class Kinds
{
    public static TheoryData<DomainKind> Domains => [.. Enum.GetValues<DomainKind>()];

    public static TheoryData<ResourceKind> Resources => [.. Enum.GetValues<ResourceKind>()];

    /// <summary>Each resource in each domain.</summary>
    public static MatrixTheoryData<ResourceKind, DomainKind> All =>
        new(Enum.GetValues<ResourceKind>(), Enum.GetValues<DomainKind>());

    /// <summary>Those that are released by a finalizer too: what a reference holds is the garbage
    /// collector's.</summary>
    public static MatrixTheoryData<ResourceKind, DomainKind> Finalized =>
        new([ResourceKind.Handle, ResourceKind.Memory, ResourceKind.File], Enum.GetValues<DomainKind>());

    public static GracePeriodDomain New(DomainKind kind, RcuDomainOptions? options = null)
    {
        options ??= new RcuDomainOptions();
        return kind switch
        {
            DomainKind.Srcu => new SrcuDomain(options),
            DomainKind.ValidatingSrcu => new SrcuDomain(options with { Validate = true }),
            DomainKind.Full => new RcuDomain(options with { ReadSideBarrier = ReadSideBarrier.Full }),
            DomainKind.Validating => new RcuDomain(options with { Validate = true }),
            _ => new RcuDomain(options),
        };
    }

    public static TestResource New(ResourceKind kind, GracePeriodDomain? domain) => kind switch
    {
        ResourceKind.Handle => new TestHandle(domain, new Releases()),
        ResourceKind.Reference => new TestReference(domain, new Releases()),
        ResourceKind.Memory => new TestMemory(domain, new Releases()),
        _ => new TestFile(domain),
    };
}
