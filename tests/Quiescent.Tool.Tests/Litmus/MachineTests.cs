using System.Runtime.InteropServices;
using System.Text.Json;
using Quiescent.Tool.Tests.Interruptions;
using Quiescent.Torture.Litmus;

namespace Quiescent.Tool.Tests.Litmus;

// What `quiescent litmus` says of the machine: a verdict is one on this machine alone.
public sealed class MachineTests
{
    // Fault caught: a run under an emulator that nothing tells apart from one on x86, or without the barrier from one
    // with it.
    [Fact]
    public async Task It_has_an_architecture_and_may_have_a_process_wide_barrier()
    {
        using ToolProcess tool = new(["litmus", "--test", "shape/sb+fences", "--seconds", "0.1", "--json"]);
        (_, string output, _) = await tool.End();
        using JsonDocument document = JsonDocument.Parse(output);
        string[] machine = document.RootElement.GetProperty("machine").GetString()!.Split(", ");
        Assert.Equal(
            [
                $"{RuntimeInformation.ProcessArchitecture}",
                LitmusSuite.HasProcessWideBarrier ? "process-wide barrier" : "no process-wide barrier",
            ],
            machine[^2..]);
    }
}
