using System.Runtime;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests;

// What tests/conditions promises has reached the process: without this, a misspelt variable would test the usual
// process once more.
public sealed class ConditionTests
{
    private static readonly string? s_condition = Environment.GetEnvironmentVariable("QUIESCENT_TEST_CONDITION");

    [Fact]
    public void The_process_is_under_the_condition_that_the_tests_were_started_with()
    {
        switch (s_condition)
        {
            case null:
                break;
            case "validate":
                Assert.True(ValidateForAll.IsOn);
                break;
            case "server-gc":
                Assert.True(GCSettings.IsServerGC);
                break;
            case "no-tiering":
                Assert.True(IsOptimisedAtOnce());
                break;
            case "one-core":
                Assert.Equal(1, Environment.ProcessorCount);
                break;
            case "no-membarrier":
                Assert.False(ProcessWideBarrier.IsReliable);
                break;
            default:
                Assert.Fail($"Unknown condition '{s_condition}'.");
                break;
        }
    }

    // Code that is not optimised keeps what a local variable has referred to alive until the method ends.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsOptimisedAtOnce()
    {
        object local = new();
        WeakReference weak = new(local);
        GC.Collect();
        return !weak.IsAlive;
    }
}
