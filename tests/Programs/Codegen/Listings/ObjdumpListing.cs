using System.Globalization;
using System.Text.RegularExpressions;

namespace Quiescent.Codegen.Listings;

// What llvm-objdump -d -r prints of an object file that is not linked yet: the names are in the relocations.
internal static partial class ObjdumpListing
{
    // No instruction is longer.
    private const long Longest = 15;

    public static List<Method> Parse(string text)
    {
        List<Method> methods = [];
        bool isArm64 = text.Contains("aarch64", StringComparison.Ordinal);
        bool isLocked = false;
        long address = 0;
        foreach (string line in text.Split('\n'))
        {
            if (Heading().Match(line) is { Success: true } heading)
            {
                methods.Add(new Method(heading.Groups[1].Value, new Platform(isArm64, false, true)));
            }
            else if (methods.Count > 0 && Relocation().Match(line) is { Success: true } relocation)
            {
                // The disassembler also lists relocations of what comes before a method in its section.
                List<Instruction> instructions = methods[^1].Instructions;
                long at = Hexadecimal(relocation.Groups["address"].Value);
                if (at >= address && at < address + Longest && instructions.Count > 0)
                {
                    instructions[^1] = instructions[^1] with { Symbol = relocation.Groups["symbol"].Value };
                }
            }
            else if (methods.Count > 0 && Code().Match(line) is { Success: true } code)
            {
                if (!isLocked)
                {
                    address = Hexadecimal(code.Groups["address"].Value);
                    methods[^1].Labels[$"0x{address:x}"] = methods[^1].Instructions.Count;
                }

                string instruction = code.Groups["code"].Value.Trim();
                if (instruction == "lock")
                {
                    isLocked = true;
                    continue;
                }

                methods[^1].Instructions.Add(Instruction.Parse(instruction, isLocked, code.Groups["target"].Value));
                isLocked = false;
            }
        }

        return methods;
    }

    private static long Hexadecimal(string digits) =>
        long.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[0-9a-f]+ <(.*)>:\s*$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\s+(?<address>[0-9a-f]+):\s+R_\w+?_(?<kind>\w+)\s+(?<symbol>\S+?)([-+]0x[0-9a-f]+)?\s*$")]
    private static partial Regex Relocation();

    [GeneratedRegex(@"^\s+(?<address>[0-9a-f]+):\s+(?<code>.*?)(\s+(#|//) .*)?(\s+<(?<target>[^+>]*).*>)?\s*$")]
    private static partial Regex Code();
}
