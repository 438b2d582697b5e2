using System.Runtime.InteropServices;
using Quiescent.Scale.Workloads.Meters;

namespace Quiescent.Tool.Tests.Scale.Workloads;

public sealed class MeterTests
{
    [Fact]
    public void The_peak_holds_what_was_written_and_given_back()
    {
        const int Mebibytes = 64;
        PeakMemory.Trim();
        if (PeakMemory.Watch() is not { } memory)
        {
            Assert.Skip(PeakMemory.WhyUnknown);
            return;
        }

        nint block = Marshal.AllocHGlobal(Mebibytes << 20);
        for (int i = 0; i < Mebibytes << 20; i += Environment.SystemPageSize)
        {
            Marshal.WriteByte(block, i, 1);
        }

        Marshal.FreeHGlobal(block);
        Assert.True(memory.MebibytesAbove() >= Mebibytes - 1);
    }

    [Fact]
    public void An_exception_of_a_crew_s_thread_is_thrown_when_the_crew_stops()
    {
        using Crew crew = new();
        crew.Add("fails", () => throw new TimeoutException("late"));
        crew.AwaitReady();
        crew.Go();
        Assert.Equal("late", Assert.Throws<TimeoutException>(crew.Stop).Message);
    }

    [Fact]
    public void A_thread_that_works_is_charged_for_it()
    {
        long before = ProcessorTime.OfThisThread();
        if (!ProcessorTime.IsKnown)
        {
            Assert.Skip("the system does not tell");
        }

        Thread.SpinWait(1_000_000);
        Assert.True(ProcessorTime.OfThisThread() > before);
    }
}
