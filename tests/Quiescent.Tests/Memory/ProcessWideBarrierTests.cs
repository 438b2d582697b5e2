using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Memory;

// When the library trusts the runtime's process-wide barrier on Linux. Fault caught: a kernel that knows membarrier(2)
// and refuses the registration or the call; the runtime then falls back to what may be no barrier at all.
public class ProcessWideBarrierTests
{
    private const long Query = 0;
    private const long Expedited = 8;
    private const long Register = 16;
    private const long Denied = -1;

    [Theory]
    [InlineData(0x1ff, 0, 0, true)]
    [InlineData(Denied, 0, 0, false)]
    [InlineData(0x1, 0, 0, false)] // before 4.14
    [InlineData(0x1ff, Denied, 0, false)]
    [InlineData(0x1ff, 0, Denied, false)]
    public void Each_command_that_is_used_is_asked_for(long query, long register, long barrier, bool isGranted) =>
        Assert.Equal(
            isGranted,
            ProcessWideBarrier.IsGranted(command => command switch
            {
                Query => query,
                Register => register,
                Expedited => barrier,
                _ => throw new ArgumentOutOfRangeException(nameof(command)),
            }));

    // A process that filters its own system calls; it writes what the library found.
    [Theory]
    [InlineData(-1, true)] // nothing
    [InlineData(Query, false)]
    [InlineData(Register, false)]
    public void A_filter_of_one_command_is_noticed(long refused, bool isReliable)
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64,
            "The filter is written for Linux on x64.");
        Assert.SkipWhen(
            isReliable && !ProcessWideBarrier.IsReliable,
            "Does not apply: another filter refuses membarrier(2) to this process and its children.");
        string[] scenario = ["membarrier", refused.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        Assert.Equal($"{isReliable}, 1 freed", ChildProcess.RunProgram("ProcessExit", scenario, exitCode: 0).Output);
    }
}
