using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Quiescent.Claims.Subject;

namespace Quiescent.Claims.Subjects;

// The program that is measured, as one of the compilers made it.
internal sealed record CompiledSubject(string Compiler, string Program, IReadOnlyList<string> Arguments)
{
    private const string Name = "Quiescent.Claims.Subject";

    /// <summary>The one beside this assembly, compiled as it runs.</summary>
    public static CompiledSubject JustInTime { get; } =
        new("JIT", Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, Name + ".dll")]);

    public static CompiledSubject AheadOfTime(string folder) =>
        new("NativeAOT", Path.Combine(folder, OperatingSystem.IsWindows() ? Name + ".exe" : Name), []);

    public Timing[] Time(TimeSpan time) =>
        Ask(AnswersJson.Default.TimingArray, "time", time.TotalSeconds.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture));

    public MethodBytes[] Sizes() => Ask(AnswersJson.Default.MethodBytesArray, "sizes");

    private T Ask<T>(JsonTypeInfo<T> type, params string[] arguments)
    {
        string answer = Child.Run(Program, [.. Arguments, .. arguments]).RequireSuccess().Output;
        return JsonSerializer.Deserialize(answer, type)!;
    }
}
