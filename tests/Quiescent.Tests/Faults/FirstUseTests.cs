using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// The first use of the library, in a process of its own: tests/Programs/ProcessExit.
[Trait("Category", "Slow")]
public sealed class FirstUseTests
{
    // The collector's heap may take 64 MiB.
    private static readonly (string, string) s_smallHeap = ("DOTNET_GCHeapHardLimit", "0x4000000");

    // Faults caught: a first use that waits for the runtime's lock of all event listeners (it makes an event source,
    // or is the first in the process to use the thread pool), or that runs listeners, inside a type initializer or not.
    [Theory]
    [InlineData("section")]
    [InlineData("reader")]
    [InlineData("free")]
    [InlineData("head")]
    [InlineData("function")]
    [InlineData("callback")]
    [InlineData("synchronize")]
    [InlineData("barrier")]
    [InlineData("poll")]
    [InlineData("pool")]
    [InlineData("domain")]
    [InlineData("sleepable")]
    public void A_listener_may_wait_for_a_thread_that_uses_the_library_first(string use) =>
        Assert.Equal("went on", Run("first-use", use));

    // Faults caught: what Validate records, as text from the shared array pool, which makes an event source too; and,
    // where the path of the symbol files has more than 85 characters, where it looks them up.
    [Theory]
    [InlineData("section")]
    [InlineData("free")]
    [InlineData("head")]
    [InlineData("pool")]
    [InlineData("domain")]
    [InlineData("sleepable")]
    [InlineData("wait-inside")]
    public void A_listener_may_wait_for_a_thread_whose_first_use_is_validated(string use) =>
        Assert.Equal("went on", Run("first-use", use, ("QUIESCENT_VALIDATE", "1")));

    // Fault caught: a type initializer that runs out of memory once and then fails for ever, with another exception.
    [Fact]
    public void A_first_use_that_ran_out_of_memory_works_the_next_time() =>
        Assert.Equal("InsufficientMemoryException, passed", Run("first-failure"));

    // Fault caught: a thread's first look at its own words, which takes memory where nothing may.
    [Fact]
    public void A_thread_s_first_call_that_needs_no_memory_succeeds_when_the_heap_is_full() =>
        Assert.Equal("failed 0, ran 4", Run("full-heap"));

    // Fault caught: telemetry for a part of which there was no memory once, and which then lacks that part for ever
    // (the pools, without which stalls of callbacks are not reported), or has it twice.
    [Fact]
    public void Telemetry_for_which_there_was_no_memory_is_made_later() =>
        Assert.Equal("sources 1, instruments twice 0, to the last True, pools True", Run("scarce-telemetry"));

    private static string Run(params string[] scenario) =>
        ChildProcess.RunProgram("ProcessExit", scenario, exitCode: 0, s_smallHeap).Output;

    private static string Run(string scenario, string use, (string Name, string Value) environment) =>
        ChildProcess.RunProgram("ProcessExit", [scenario, use], exitCode: 0, s_smallHeap, environment).Output;
}
