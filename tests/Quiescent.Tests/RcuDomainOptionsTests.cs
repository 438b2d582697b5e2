using System.Globalization;
using Quiescent.Tests.Support;

namespace Quiescent.Tests;

public sealed class RcuDomainOptionsTests
{
    public static TheoryData<RcuDomainOptions, string> OutOfRange => new()
    {
        { new RcuDomainOptions { ReadSideBarrier = (ReadSideBarrier)2 }, nameof(RcuDomainOptions.ReadSideBarrier) },
        { new RcuDomainOptions { ReadSideBarrier = (ReadSideBarrier)(-1) }, nameof(RcuDomainOptions.ReadSideBarrier) },
        { new RcuDomainOptions { ReclaimDelay = TimeSpan.FromTicks(-1) }, nameof(RcuDomainOptions.ReclaimDelay) },
        { new RcuDomainOptions { ReclaimDelay = Timeout.InfiniteTimeSpan }, nameof(RcuDomainOptions.ReclaimDelay) },
        {
            new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(1) },
            nameof(RcuDomainOptions.ReclaimDelay)
        },
        { new RcuDomainOptions { StallTimeout = TimeSpan.Zero }, nameof(RcuDomainOptions.StallTimeout) },
        { new RcuDomainOptions { StallTimeout = TimeSpan.FromTicks(-1) }, nameof(RcuDomainOptions.StallTimeout) },
        { new RcuDomainOptions { BacklogLimit = 0 }, nameof(RcuDomainOptions.BacklogLimit) },
        { new RcuDomainOptions { BacklogLimit = -1 }, nameof(RcuDomainOptions.BacklogLimit) },
        { new RcuDomainOptions { BacklogBytesLimit = 0 }, nameof(RcuDomainOptions.BacklogBytesLimit) },
        { new RcuDomainOptions { BacklogBytesLimit = -1 }, nameof(RcuDomainOptions.BacklogBytesLimit) },
        { new RcuDomainOptions { BacklogPolicy = (BacklogPolicy)4 }, nameof(RcuDomainOptions.BacklogPolicy) },
        { new RcuDomainOptions { BacklogPolicy = (BacklogPolicy)(-1) }, nameof(RcuDomainOptions.BacklogPolicy) },
        { new RcuDomainOptions { CallbackBatchLimit = 0 }, nameof(RcuDomainOptions.CallbackBatchLimit) },
        { new RcuDomainOptions { CallbackBatchLimit = -1 }, nameof(RcuDomainOptions.CallbackBatchLimit) },
    };

    public static TheoryData<RcuDomainOptions> AtTheEdge =>
    [
        new RcuDomainOptions(),
        new RcuDomainOptions { Name = "x" },
        new RcuDomainOptions { ReclaimDelay = TimeSpan.Zero },
        new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMinutes(1) },
        new RcuDomainOptions { StallTimeout = TimeSpan.FromTicks(1) },
        new RcuDomainOptions { StallTimeout = TimeSpan.MaxValue },
        new RcuDomainOptions { StallTimeout = Timeout.InfiniteTimeSpan },
        new RcuDomainOptions { BacklogLimit = 1 },
        new RcuDomainOptions { BacklogLimit = long.MaxValue },
        new RcuDomainOptions { BacklogBytesLimit = 1 },
        new RcuDomainOptions { BacklogBytesLimit = long.MaxValue },
        new RcuDomainOptions { CallbackBatchLimit = 1 },
        new RcuDomainOptions { CallbackBatchLimit = int.MaxValue },
        .. Enum.GetValues<ThreadPriority>().Select(
            priority => new RcuDomainOptions { ReclaimerPriority = priority, ReclaimerAffinity = 1 }),
        .. Enum.GetValues<BacklogPolicy>().Select(policy => new RcuDomainOptions { BacklogPolicy = policy }),
        .. Enum.GetValues<ReadSideBarrier>().Select(barrier => new RcuDomainOptions { ReadSideBarrier = barrier }),
    ];

    // Fault caught: the text is written out, and misses an option or has another name for a value.
    [Theory]
    [MemberData(nameof(AtTheEdge))]
    public void The_text_has_each_option(RcuDomainOptions options)
    {
        IEnumerable<string> members = typeof(RcuDomainOptions).GetProperties()
            .Select(property => string.Create(
                CultureInfo.InvariantCulture, $"{property.Name} = {property.GetValue(options)}"));
        Assert.Equal($"RcuDomainOptions {{ {string.Join(", ", members)} }}", options.ToString());
    }

    [Fact]
    public void Options_that_differ_in_one_are_not_equal()
    {
        RcuDomainOptions options = new() { StallTimeout = TimeSpan.FromSeconds(1) };
        Assert.Equal(new RcuDomainOptions { StallTimeout = TimeSpan.FromSeconds(1) }, options);
        Assert.NotEqual(options, options with { StallTimeout = TimeSpan.FromSeconds(2) });
        Assert.NotEqual(options, options with { ReclaimDelay = TimeSpan.Zero });
        Assert.NotEqual(options, options with { ReadSideBarrier = ReadSideBarrier.Full });
        Assert.NotEqual(options, options with { BacklogPolicy = BacklogPolicy.None });
        Assert.NotEqual(options, options with { ReclaimerPriority = ThreadPriority.Highest });
    }

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void An_option_out_of_its_range_throws_and_names_itself(RcuDomainOptions options, string name) =>
        Assert.Throws<ArgumentOutOfRangeException>(name, () => new RcuDomain(options));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void An_empty_name_throws(string name) =>
        Assert.Throws<ArgumentException>("Name", () => new RcuDomain(new RcuDomainOptions { Name = name }));

    [Fact]
    public void A_null_name_throws() =>
        Assert.Throws<ArgumentNullException>("Name", () => new RcuDomain(new RcuDomainOptions { Name = null! }));

    [Theory]
    [MemberData(nameof(AtTheEdge))]
    public void An_option_at_the_edge_of_its_range_works(RcuDomainOptions options)
    {
        using RcuDomain domain = new(options);
        Assert.Equal(ValidateForAll.Applied(options), domain.Options);
        domain.ReadLock().Dispose();
        domain.Synchronize();
        int called = 0;
        domain.Call(() => called++);
        domain.Barrier();
        Assert.Equal(1, called);
    }

    [Fact]
    public void The_defaults_are_those_documented()
    {
        RcuDomainOptions options = new();
        Assert.NotEmpty(options.Name);
        Assert.Equal(ReadSideBarrier.Asymmetric, options.ReadSideBarrier);
        Assert.Equal(TimeSpan.FromMilliseconds(1), options.ReclaimDelay);
        Assert.Equal(TimeSpan.FromSeconds(21), options.StallTimeout);
        Assert.Equal(1_000_000, options.BacklogLimit);
        Assert.Equal(1 << 30, options.BacklogBytesLimit);
        Assert.Equal(BacklogPolicy.Throttle, options.BacklogPolicy);
        Assert.Equal(256, options.CallbackBatchLimit);
        Assert.False(options.Validate);
        using RcuDomain domain = new();
        Assert.Equal(ValidateForAll.Applied(options), domain.Options);
        Assert.Equal("default", Rcu.DefaultDomain.Options.Name);
    }
}
