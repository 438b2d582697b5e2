using System.Text.RegularExpressions;

namespace Quiescent.Codegen.Listings;

// What the runtime writes when DOTNET_JitDisasm names a method. A method that was compiled again appears several times.
internal static partial class JitListing
{
    public static List<Method> Parse(string text)
    {
        List<Method> methods = [];
        bool isOptimized = false;
        bool isLocked = false;
        string name = "";
        foreach (string line in text.Split('\n'))
        {
            if (Heading().Match(line) is { Success: true } heading)
            {
                name = heading.Groups["name"].Value;
                isOptimized = heading.Groups["tier"].Value is "Tier1" or "FullOpts";
            }
            else if (Emitting().Match(line) is { Success: true } emitting && isOptimized)
            {
                bool isArm64 = emitting.Groups["arch"].Value.Contains("arm64", StringComparison.OrdinalIgnoreCase);
                bool isWindows = line.Contains("Windows", StringComparison.Ordinal);
                Platform platform = new(isArm64, isWindows, IsAheadOfTime: false);
                methods.Add(new Method(name, platform));
            }
            else if (isOptimized && Label().Match(line) is { Success: true } label)
            {
                methods[^1].Labels[label.Groups[1].Value] = methods[^1].Instructions.Count;
            }
            else if (isOptimized && Code().Match(line) is { Success: true } code)
            {
                string instruction = code.Groups["code"].Value.Replace("SHORT ", "", StringComparison.Ordinal).Trim();
                if (instruction == "lock")
                {
                    isLocked = true;
                    continue;
                }

                methods[^1].Instructions.Add(
                    Instruction.Parse(instruction, isLocked, CodeFor().Match(line).Groups[1].Value));
                isLocked = false;
            }
        }

        return methods;
    }

    [GeneratedRegex(@"^; Assembly listing for method (?<name>.*) \((?<tier>[^()]*)\)")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^; Emitting .* for (?<arch>.*) on ")]
    private static partial Regex Emitting();

    [GeneratedRegex(@"^(G_M\w+):")]
    private static partial Regex Label();

    [GeneratedRegex(@"^ +(?<code>[a-z][^;]*?)(\s*(;|//).*)?\s*$")]
    private static partial Regex Code();

    [GeneratedRegex(@"(?:;|//) code for (.*)$")]
    private static partial Regex CodeFor();
}
