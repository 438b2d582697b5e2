using System.Runtime.CompilerServices;
using Quiescent.Validate;

namespace Quiescent.Tests.Validation;

public sealed class CallerSiteTests
{
    [Fact]
    public void A_call_site_names_method_file_and_line()
    {
        CallerSite site = Here(out int line);
        Assert.Equal($"{typeof(CallerSiteTests).FullName}.{nameof(Here)}", site.Method);
        Assert.Equal(line, site.Line);
        Assert.EndsWith("CallerSiteTests.cs", site.File, StringComparison.Ordinal);
        Assert.Contains($"in {site.File}:line {line}", site.ToString(), StringComparison.Ordinal);
    }

    // A cache by method alone would give the first line to both.
    [Fact]
    public void Two_calls_in_one_method_are_two_places()
    {
        List<CallerSite> sites = [];
        sites.Add(CallerSite.Capture());
        sites.Add(CallerSite.Capture());
        Assert.Equal(sites[0].Line + 1, sites[1].Line);
    }

    [Fact]
    public void The_same_place_is_named_alike_when_it_is_known()
    {
        CallerSite[] sites = [.. Enumerable.Range(0, 3).Select(_ => CallerSite.Capture())];
        Assert.Single(sites.Select(site => site.ToString()).Distinct());
    }

    [Fact]
    public void The_stack_begins_with_the_call()
    {
        CallerSite site = Here(out _);
        Assert.Contains(nameof(Here), site.StackText.Split('\n')[0], StringComparison.Ordinal);
        Assert.Contains(
            nameof(The_stack_begins_with_the_call), site.StackText.Split('\n')[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_async_method_is_named_as_in_the_source()
    {
        await Task.Yield();
        CallerSite site = CallerSite.Capture();
        Assert.EndsWith($".{nameof(An_async_method_is_named_as_in_the_source)}", site.Method, StringComparison.Ordinal);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static CallerSite Here(out int line)
    {
        line = LineOf() + 1;
        return CallerSite.Capture();
    }

    private static int LineOf([CallerLineNumber] int line = 0) => line;
}
