using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// Under Validate a report of an error in a section names the places where that section, and the other one concerned,
// began and ended.
public sealed class SectionSiteTests
{
    private const string File = "SectionSiteTests.cs";

    [Fact]
    public void An_outer_guard_closed_over_one_never_left_names_both_entries()
    {
        using RcuDomain domain = Domains.New(validate: true);
        ReadGuard outer = domain.ReadLock();
        int outerLine = Above();
        ReadGuard inner = domain.ReadLock();
        int innerLine = Above();
        string message = MessageOf(ref outer);
        Assert.Matches(
            $@"never left.* was entered at .*{File}:line {outerLine}, "
            + $@"the one inside entered at .*{File}:line {innerLine}\.$",
            message);
        inner.Dispose();
        outer.Dispose();
    }

    // Fault caught: a report that names the innermost open section, not the one directly inside the guard's, which was
    // never left.
    [Fact]
    public void The_outermost_of_several_sections_inside_is_named()
    {
        using RcuDomain domain = Domains.New(validate: true);
        ReadGuard outer = domain.ReadLock();
        ReadGuard middle = domain.ReadLock();
        int middleLine = Above();
        ReadGuard inner = domain.ReadLock();
        Assert.EndsWith($"{File}:line {middleLine}.", MessageOf(ref outer), StringComparison.Ordinal);
        inner.Dispose();
        middle.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void A_guard_disposed_twice_names_where_its_section_was_entered_and_ended()
    {
        using RcuDomain domain = Domains.New(validate: true);
        ReadGuard other = domain.ReadLock();
        ReadGuard guard = domain.ReadLock();
        int entered = Above();
        guard.Dispose();
        int ended = Above();
        domain.ReadLock().Dispose();
        Assert.Matches(
            $@"disposed before.* entered at .*{File}:line {entered} and ended at .*{File}:line {ended}\.$",
            MessageOf(ref guard));
        other.Dispose();
    }

    // Fault caught: an old guard's number taken for that of the section that the ledger now keeps in its place.
    [Fact]
    public void A_guard_disposed_twice_long_ago_names_no_wrong_place()
    {
        using RcuDomain domain = Domains.New(validate: true);
        ReadGuard stale = domain.ReadLock();
        stale.Dispose();
        for (int i = 0; i < 100; i++)
        {
            domain.ReadLock().Dispose();
            Assert.True(Misuse.IsRefused(ref stale));
        }

        string message = MessageOf(ref stale);
        Assert.Contains("disposed before", message, StringComparison.Ordinal);
        Assert.DoesNotContain(File, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(RcuDomain.Synchronize))]
    [InlineData(nameof(RcuDomain.Barrier))]
    [InlineData(nameof(RcuReader.GoOnline))]
    public void An_error_inside_a_section_names_where_it_was_entered(string operation)
    {
        using RcuDomain domain = Domains.New(validate: true);
        using RcuReader reader = domain.RegisterReader();
        using ReadGuard guard = domain.ReadLock();
        int line = Above();
        string message = "";
        try
        {
            Do(operation, domain, in reader);
        }
        catch (InvalidOperationException e)
        {
            message = e.Message;
        }

        Assert.Contains(operation, message, StringComparison.Ordinal);
        Assert.Contains($"{File}:line {line}", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(RcuReader.QuiescentState))]
    [InlineData(nameof(RcuReader.GoOffline))]
    public void An_online_reader_s_error_inside_a_free_section_names_where_it_was_entered(string operation)
    {
        using RcuDomain domain = Domains.New(validate: true);
        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        int online = Above();
        ReadGuard guard = reader.ReadLock();
        int line = Above();
        string message = "";
        try
        {
            Do(operation, domain, in reader);
        }
        catch (InvalidOperationException e)
        {
            message = e.Message;
        }

        Assert.Matches(
            $@"{operation}(.|\n)*online since .*{File}:line {online}\n(.|\n)*entered at .*{File}:line {line}",
            message.ReplaceLineEndings("\n"));
        guard.Dispose();
        reader.GoOffline();
    }

    [Fact]
    public void An_abandoned_reader_s_report_names_where_each_of_its_sections_was_entered()
    {
        using RcuDomain domain = Domains.New(validate: true);
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        int outer = 0;
        int inner = 0;
        Worker.Run(() =>
        {
            _ = domain.ReadLock();
            outer = Above();
            domain.ReadLock().Dispose();
            _ = domain.ReadLock();
            inner = Above();
        });
        domain.Synchronize();

        ReaderAbandonedEventArgs report = Assert.Single(reports);
        Assert.Equal([outer, inner], report.SectionsEnteredAt.Select(site => site.Line));
        Assert.True(report.SectionsEnteredAt[0].Age >= report.SectionsEnteredAt[1].Age, $"{report}");
        Assert.Contains($"{File}:line {outer}", report.ToString(), StringComparison.Ordinal);
        Assert.Contains($"{File}:line {inner}", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_ends_online_is_reported_with_the_place_where_it_went_online()
    {
        using RcuDomain domain = Domains.New(validate: true);
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        int online = 0;
        Worker.Run(() =>
        {
            RcuReader reader = domain.RegisterReader();
            reader.GoOnline();
            online = Above();
            reader.QuiescentState();
        });
        domain.Synchronize();
        Assert.Equal(online, Assert.Single(Assert.Single(reports).SectionsEnteredAt).Line);
    }

    [Fact]
    public void A_section_that_a_callback_leaves_open_is_reported_with_its_place()
    {
        using RcuDomain domain = Domains.New(validate: true);
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        int line = 0;
        domain.Call(() =>
        {
            _ = domain.ReadLock();
            line = Above();
        });
        domain.Barrier();
        Until.True(() => !reports.IsEmpty);
        Assert.Equal(line, Assert.Single(Assert.Single(reports).SectionsEnteredAt).Line);
    }

    [Fact]
    public void Without_validate_nothing_is_known_of_places()
    {
        ValidateForAll.SkipIfOn();
        using RcuDomain domain = Domains.New();
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        Worker.Run(() => _ = domain.ReadLock());
        domain.Synchronize();
        Assert.Empty(Assert.Single(reports).SectionsEnteredAt);
        Assert.Contains(nameof(RcuDomainOptions.Validate), Assert.Single(reports).ToString(), StringComparison.Ordinal);
    }

    private static void Do(string operation, RcuDomain domain, scoped ref readonly RcuReader reader)
    {
        switch (operation)
        {
            case nameof(RcuDomain.Synchronize):
                domain.Synchronize();
                break;
            case nameof(RcuDomain.Barrier):
                domain.Barrier();
                break;
            case nameof(RcuReader.GoOnline):
                reader.GoOnline();
                break;
            case nameof(RcuReader.GoOffline):
                reader.GoOffline();
                break;
            default:
                reader.QuiescentState();
                break;
        }
    }

    private static string MessageOf(scoped ref ReadGuard guard)
    {
        try
        {
            guard.Dispose();
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }

        Assert.Fail("The guard was disposed of.");
        return "";
    }

    private static ConcurrentQueue<ReaderAbandonedEventArgs> Watch(RcuDomain domain)
    {
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = new();
        domain.ReaderAbandoned += (_, e) => reports.Enqueue(e);
        return reports;
    }

    // On the line below the one that it is about.
    private static int Above([CallerLineNumber] int line = 0) => line - 1;
}
