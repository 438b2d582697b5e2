using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// Each scenario is a process of its own: tests/Programs/ProcessExit.
[Trait("Category", "Slow")]
public class ProcessExitTests
{
    [Theory]
    [InlineData("delegates", 3, "abc")]
    [InlineData("domains", 3, "ddd")]
    public void Callbacks_that_wait_when_Main_returns_get_their_chance(string scenario, int count, string letters)
    {
        string output = Run(exitCode: 0, scenario);
        Assert.Equal(count, output.Length);
        Assert.Equal(letters, string.Concat(output.Order()));
    }

    [Theory]
    [InlineData("parked")] // a reader that never leaves
    [InlineData("stuck")] // a callback that never returns
    [InlineData("reposting")] // a callback that queues itself for ever
    [InlineData("attached")] // a reader that never leaves, and a context that is unloaded with the process
    [InlineData("attached", "collected")] // the same once the finalizer's thread is known
    public void Nothing_keeps_a_process_for_ever(params string[] scenario) =>
        Assert.Equal("", Run(exitCode: 0, scenario));

    [Fact]
    public void A_callback_may_end_the_process() => Run(exitCode: 7, "exit-in-callback");

    // Faults caught: callbacks left out because there are many, and an exit code lost to them.
    [Theory]
    [InlineData("backlog", 5, "10000")]
    [InlineData("exit-elsewhere", 9, "a")] // another thread than Main ends the process
    [InlineData("parked-backlog", 6, "")] // a reader that never leaves, before a large backlog
    public void A_backlog_changes_no_exit_code(string scenario, int exitCode, string output) =>
        Assert.Equal(output, Run(exitCode, scenario));

    // Fault caught: the process never exits. The thread that exits does not come back from where it is, and a handler
    // of the exit waits for it. The domain in nobody's way is served all the same.
    [Theory]
    [InlineData("section", "dispose", "went on healthy ")]
    [InlineData("section", "dispose-async", "went on healthy ")]
    [InlineData("section", "dispose-elsewhere", "went on healthy ")]
    [InlineData("section", "dispose-pool", "went on healthy ")]
    [InlineData("crowd", "dispose", "went on healthy ")]
    [InlineData("crowd", "dispose-elsewhere", "went on healthy ")]
    [InlineData("callback", "dispose", "went on healthy ")]
    [InlineData("callback", "dispose-async", "went on healthy ")]
    [InlineData("handler", "dispose", "went on healthy ")]
    [InlineData("handler", "dispose-async", "went on healthy ")]
    [InlineData("main", "dispose-inside", "called went on healthy ")] // as NativeAOT does: on the thread that is inside
    [InlineData("main", "dispose", "called went on healthy ")]
    [InlineData("main", "dispose-async", "called went on healthy ")]
    public void A_disposal_that_cannot_end_does_not_keep_the_process(string place, string wait, string output) =>
        Assert.Equal(output, Run(exitCode: 3, "exit", place, wait));

    // Fault caught: Validate takes the exit itself for a wait inside a section, and its exception keeps the handlers
    // from running.
    [Fact]
    public void Under_Validate_handlers_of_an_exit_inside_a_section_run() =>
        Assert.Equal(
            "went on healthy ",
            ChildProcess.RunProgram(
                "ProcessExit", ["exit", "section", "dispose"], exitCode: 3, ("QUIESCENT_VALIDATE", "1")).Output);

    // Fault caught: as above. A wait that ends without what it waited for says so.
    [Theory]
    [InlineData("section", "synchronize", "timed out healthy ")]
    [InlineData("section", "barrier", "timed out healthy ")]
    [InlineData("crowd", "synchronize", "timed out healthy ")]
    [InlineData("crowd", "barrier", "timed out healthy ")]
    [InlineData("callback", "barrier", "timed out healthy ")]
    [InlineData("main", "barrier", "called went on healthy ")]
    public void A_wait_for_what_never_ends_does_not_keep_the_process(string place, string wait, string output) =>
        Assert.Equal(output, Run(exitCode: 3, "exit", place, wait));

    // Fault caught: a handler that waits for a lock whose reader or writer has called the exit.
    [Theory]
    [InlineData("read")]
    [InlineData("write")]
    public void A_wait_for_a_lock_that_nobody_leaves_does_not_keep_the_process(string side) =>
        Assert.Equal("timed out", Run(exitCode: 3, "exit-in-lock", side));

    // Fault caught: a handler of the exit that waits, or pauses, once for each block that it frees.
    [Theory]
    [InlineData("free", "went on ")]
    [InlineData("free-throttled", "went on healthy ")]
    public void Freeing_above_the_limit_does_not_keep_the_process(string wait, string output) =>
        Assert.Equal(output, Run(exitCode: 3, "exit", "section", wait));

    // Fault caught: a crashing process that waits for callbacks.
    [Fact]
    public void A_crash_with_a_backlog_ends_the_process() => Assert.Equal("", Run(exitCode: null, "crash"));

    private static string Run(int? exitCode, params string[] scenario) =>
        ChildProcess.RunProgram("ProcessExit", scenario, exitCode).Output;
}
