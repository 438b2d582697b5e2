using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Subjects;

// A domain whose sections belong to threads.
internal sealed class RcuSubject : Subject
{
    private readonly RcuDomain _domain;
    private readonly bool _isDefault;

    private RcuSubject(RcuDomain domain, string name, FailureLog failures)
        : base(domain, name, failures)
    {
        _domain = domain;
        _isDefault = domain == Rcu.DefaultDomain;
    }

    /// <summary>The default domain, whose static members have fast paths of their own.</summary>
    public static RcuSubject OfDefaultDomain(FailureLog failures) => new(Rcu.DefaultDomain, "default", failures);

    public static RcuSubject New(
        string name,
        FailureLog failures,
        ReadSideBarrier readSide = ReadSideBarrier.Asymmetric,
        bool validate = false,
        TimeSpan? reclaimDelay = null,
        TimeSpan? stallTimeout = null)
    {
        RcuDomainOptions options = Options(name, reclaimDelay, stallTimeout) with
        {
            ReadSideBarrier = readSide,
            Validate = validate,
        };
        return new RcuSubject(new RcuDomain(options), name, failures);
    }

    /// <summary>Opens a section; of the default domain, through the static face.</summary>
    public ReadGuard ReadLock() => _isDefault ? Rcu.ReadLock() : _domain.ReadLock();

    public RcuReader RegisterReader() => _isDefault ? Rcu.RegisterReader() : _domain.RegisterReader();

    public OnlineReader RegisterOnlineReader() =>
        _isDefault ? Rcu.RegisterOnlineReader() : _domain.RegisterOnlineReader();
}
