using Quiescent.Tests.Support;

namespace Quiescent.Tests.Diagnostics;

// Fault caught: a plug-in that brings its own copy of the library, and whose waits do not see the host's readers. Each
// scenario is a process of its own: tests/Programs/ProcessExit/Copies.cs.
public sealed class AssemblyCopiesTests
{
    [Theory]
    [InlineData("as-it-is", 0)]
    [InlineData("validated", 1)]
    public void The_later_copy_says_it_once(string how, int printed)
    {
        ValidateForAll.SkipRowUnless(validate: how == "validated");
        (string output, string errors) = ChildProcess.RunProgram("ProcessExit", ["copies", how], exitCode: 0);
        Assert.StartsWith("Two copies of Quiescent are loaded: ", output);
        Assert.Contains("in context 'Default'", output);
        Assert.Contains("in context 'plug-in'", output);
        Assert.Equal(1, Count(output));
        Assert.Equal(printed, Count(errors));
    }

    private static int Count(string text) => text.Split("Two copies of").Length - 1;
}
