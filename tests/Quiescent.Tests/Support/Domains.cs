using Quiescent.Reclamation;

namespace Quiescent.Tests.Support;

// Domains as tests want them. Each test takes one of its own, so that its figures are its own.
internal static class Domains
{
    /// <summary>The two places where a section's fence is paid, as rows of a theory.</summary>
    public static TheoryData<ReadSideBarrier> ReadSides => [ReadSideBarrier.Asymmetric, ReadSideBarrier.Full];

    public static RcuDomain New(
        ReadSideBarrier readSide = ReadSideBarrier.Asymmetric, bool validate = false, string name = "test") =>
        new(new RcuDomainOptions { Name = name, ReadSideBarrier = readSide, Validate = validate });

    /// <summary>Options of a domain with a reclaimer's thread of its own, or that shares one which has yet to be
    /// started and which no other test has.</summary>
    public static RcuDomainOptions Served(bool isShared, TimeSpan? idleTimeout = null) => new()
    {
        Name = "test",
        DedicatedReclaimer = !isShared,
        SharedReclaimers = new SharedReclaimers(1, idleTimeout ?? TimeSpan.FromSeconds(10), PacingClock.System),
        IdleTimeout = idleTimeout ?? TimeSpan.FromSeconds(10),
    };
}
