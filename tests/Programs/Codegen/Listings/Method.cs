namespace Quiescent.Codegen.Listings;

// One method's machine code: its instructions in order, and where its jumps lead.
internal sealed class Method(string name, Platform platform)
{
    public string Name { get; } = name;

    public Platform Platform { get; } = platform;

    public List<Instruction> Instructions { get; } = [];

    /// <summary>From a jump's operand to the index of an instruction.</summary>
    public Dictionary<string, int> Labels { get; } = [];
}

// The target of the compilation. A compiler that runs beside the program knows what static fields hold.
internal sealed record Platform(bool IsArm64, bool IsWindows, bool IsAheadOfTime);

/// <summary>One instruction; <paramref name="Symbol"/> is what a relocation or a comment says its operand stands
/// for.</summary>
internal sealed record Instruction(string Mnemonic, IReadOnlyList<string> Operands, bool IsLocked, string Symbol)
{
    public override string ToString() => $"{(IsLocked ? "lock " : "")}{Mnemonic} {string.Join(", ", Operands)}";

    /// <summary>Reads what both kinds of listings have in common: prefixes, a mnemonic, operands parted by
    /// commas.</summary>
    public static Instruction Parse(string text, bool isLocked, string symbol)
    {
        string[] words = text.Trim().Split([' ', '\t'], 2);
        return new Instruction(
            words[0].ToLowerInvariant(), words.Length == 1 ? [] : SplitOperands(words[1]), isLocked, symbol);
    }

    private static List<string> SplitOperands(string text)
    {
        List<string> operands = [];
        int depth = 0;
        int begin = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i == text.Length ? ',' : text[i];
            depth += c is '[' or '{' or '(' ? 1 : c is ']' or '}' or ')' ? -1 : 0;
            if (c == ',' && (depth == 0 || i == text.Length))
            {
                operands.Add(text[begin..i].Trim());
                begin = i + 1;
            }
        }

        return operands;
    }
}
