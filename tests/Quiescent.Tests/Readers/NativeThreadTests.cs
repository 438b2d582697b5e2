using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// Threads of native code that the runtime attaches, detaches and attaches again: their thread-local words outlive their
// Thread objects. Fault caught: a thread counts as ended when its Thread object is dead, and what it had goes to
// another thread while it goes on using it; or it never does, since its second Thread object stays alive for ever.
//
// Each scenario is a process of its own, tests/Programs/NativeThreads, in which no collection comes: the runtime itself
// crashes in one after such threads (a program without this library does too).
public sealed class NativeThreadTests
{
    // Hexadecimal: a gigabyte before the first collection.
    private static readonly (string, string) s_noCollection = ("DOTNET_GCgen0size", "40000000");

    public static bool HasDestructors => OperatingSystem.IsLinux();

    [Theory(SkipUnless = nameof(HasDestructors), Skip = "The library asks Linux alone whether a thread is gone.")]
    [InlineData("own-slot")]
    [InlineData("own-slot", "validate")]
    [InlineData("first-use")]
    [InlineData("left-open")]
    [InlineData("registrations")]
    [InlineData("registrations", "validate")]
    [InlineData("all")]
    [Trait("Category", "Slow")]
    public void A_destructor_may_use_the_library(params string[] scenario)
    {
        (string output, _) = ChildProcess.RunProgram("NativeThreads", scenario, exitCode: 0, s_noCollection);
        Assert.EndsWith("fine", output, StringComparison.Ordinal);
    }
}
