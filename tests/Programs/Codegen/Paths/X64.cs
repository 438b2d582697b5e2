using System.Globalization;
using System.Text.RegularExpressions;
using Quiescent.Codegen.Listings;

namespace Quiescent.Codegen.Paths;

// x64 in Intel's syntax. Every load acquires and every store releases; locked instructions, xchg and mfence are full
// fences.
internal sealed partial class X64(bool isWindows) : IMachine
{
    private static readonly string[] s_names = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"];
    private static readonly Dictionary<string, (string Register, int Bytes)> s_registers = Registers();
    private static readonly string[] s_kept = ["rbx", "rbp", "rsp", "r12", "r13", "r14", "r15"];
    private static readonly string[] s_keptOnWindows = [.. s_kept, "rsi", "rdi"];

    public Step Execute(State state, Instruction instruction, int index)
    {
        Context at = new(state, instruction, index);
        IReadOnlyList<string> operands = instruction.Operands;
        if (instruction.IsLocked || instruction.Mnemonic == "mfence"
            || (instruction.Mnemonic == "xchg" && operands.Any(IsMemory)))
        {
            state.Add(new Access(AccessKind.Fence, at.Text));
        }

        switch (instruction.Mnemonic)
        {
            case "mov":
                Write(at, operands[0], Read(at, operands[1]));
                break;
            case "movzx" or "movsx" or "movsxd":
                Read(at, operands[1]);
                Write(at, operands[0], Value.UnknownOf(index, "extended"));
                break;
            case "lea":
                Write(at, operands[0], Address(at, operands[1]));
                break;
            case "add" or "inc" or "sub" or "dec":
                Value left = Read(at, operands[0]);
                Value right = operands.Count == 1 ? Value.Constant(1) : Read(at, operands[1]);
                bool isSum = instruction.Mnemonic is "add" or "inc";
                Value? result = isSum ? Value.Sum(left, right) : right.IsConstant ? left.Plus(-right.Offset) : null;
                Write(at, operands[0], result ?? Value.UnknownOf(index, "sum"));
                state.Compared = null;
                break;
            case "xor" when operands[0] == operands[1]:
                Write(at, operands[0], Value.Zero);
                state.Compared = null;
                break;
            case "or" when operands[1] == "0":
                break;
            case "cmp":
                state.Compared = (Read(at, operands[0]), Read(at, operands[1]));
                break;
            case "test":
                (Value tested, Value mask) = (Read(at, operands[0]), Read(at, operands[1]));
                state.Compared = tested == mask ? (tested, Value.Zero) : null;
                break;
            case "push":
                Value pushed = Read(at, operands[0]);
                state["rsp"] = Pointer(state).Plus(-8);
                state.Store(state["rsp"], pushed, 8, isOrdered: true, at.Text);
                break;
            case "pop":
                Write(at, operands[0], state.Load(index, 0, Pointer(state), 8, isOrdered: true, at.Text));
                state["rsp"] = Pointer(state).Plus(8);
                break;
            case "call":
                Call(at);
                break;
            case "jmp" or "tail.jmp" or "rex.jmp":
                if (!IsLabel(operands[0]))
                {
                    Call(at);
                    return new Step(Next.Ends);
                }

                return new Step(Next.Jumps, Label(operands[0]));
            case "je" or "jz" or "jne" or "jnz":
                return new Step(
                    Next.Branches, Label(operands[0]), state.Compared, instruction.Mnemonic is "je" or "jz");
            case "ret":
                return new Step(Next.Ends);
            case "int3" or "ud2":
                return new Step(Next.Jumps);
            case "nop" or "mfence" or "lock" or "data16" or "vzeroupper":
                break;
            case ['j', ..]:
                return new Step(Next.Branches, Label(operands[0]));
            default:
                Other(at);
                break;
        }

        return new Step(Next.Falls);
    }

    // Any other instruction: reads all its operands, and changes the first in an unknown way.
    private void Other(Context at)
    {
        foreach (string operand in at.Instruction.Operands)
        {
            Read(at, operand);
        }

        if (at.Instruction.Operands.Count > 0)
        {
            Write(at, at.Instruction.Operands[0], Value.UnknownOf(at.Index, "result"));
        }

        at.State.Compared = null;
    }

    private void Call(Context at)
    {
        Pointer(at.State);
        string target = $"{at.Instruction.Symbol} {at.Instruction.Operands[0]}";
        at.State.Call(at.Index, target, isWindows ? s_keptOnWindows : s_kept, at.Text);
    }

    private static Value Read(Context at, string operand)
    {
        if (IsMemory(operand))
        {
            return at.State.Load(
                at.Index, at.NextPart(), Address(at, operand), Width(at, operand), isOrdered: true, at.Text);
        }

        if (s_registers.TryGetValue(operand, out (string Register, int Bytes) register))
        {
            Value value = register.Register == "rsp" ? Pointer(at.State) : at.State[register.Register];
            return register.Bytes == 8 || value.IsConstant ? value : Value.UnknownOf(at.Index, "part");
        }

        return TryNumber(operand, out long number) ? Value.Constant(number) : Value.UnknownOf(at.Index, operand);
    }

    private static void Write(Context at, string operand, Value value)
    {
        if (IsMemory(operand))
        {
            at.State.Store(Address(at, operand), value, Width(at, operand), isOrdered: true, at.Text);
        }
        else if (s_registers.TryGetValue(operand, out (string Register, int Bytes) register))
        {
            at.State[register.Register] = register.Bytes == 8 || value.IsConstant
                ? value
                : Value.UnknownOf(at.Index, "part");
        }
    }

    private static Value Address(Context at, string operand)
    {
        Value? sum = Value.Zero;
        string inner = Brackets().Match(operand).Groups[1].Value;
        foreach (Match term in Term().Matches(inner.Replace(" ", "", StringComparison.Ordinal)))
        {
            string text = term.Groups[2].Value;
            Value part;
            if (TryNumber(text, out long number))
            {
                part = Value.Constant(term.Groups[1].Value == "-" ? -number : number);
            }
            else if (text == "rip")
            {
                part = Value.Named(at.Instruction.Symbol);
            }
            else
            {
                part = s_registers.ContainsKey(text) ? Read(at, text) : Value.UnknownOf(at.Index, text);
            }

            sum = sum is { } soFar ? Value.Sum(soFar, part) : null;
        }

        bool isThreadLocal = operand.Contains("fs:", StringComparison.Ordinal);
        return isThreadLocal || sum is null ? Value.UnknownOf(at.Index, "address") : sum.Value;
    }

    private static Value Pointer(State state)
    {
        if (state["rsp"].IsArgument)
        {
            state["rsp"] = Value.StackPointer;
        }

        return state["rsp"];
    }

    private static int Width(Context at, string operand) => operand.Split(' ')[0] switch
    {
        "byte" => 1,
        "word" => 2,
        "dword" => 4,
        "qword" or "gword" or "bword" => 8,
        "xmmword" => 16,
        _ =>
            at.Instruction.Operands.Where(s_registers.ContainsKey).Select(other => s_registers[other].Bytes)
                .FirstOrDefault(8),
    };

    private static bool IsMemory(string operand) => operand.Contains('[', StringComparison.Ordinal);

    private static bool IsLabel(string operand) =>
        operand.StartsWith("G_M", StringComparison.Ordinal) || operand.StartsWith("0x", StringComparison.Ordinal);

    private static string Label(string operand) => operand.Split(' ')[0];

    private static bool TryNumber(string text, out long number)
    {
        bool isNegative = text.StartsWith('-');
        string digits = isNegative ? text[1..] : text;
        bool isHexadecimal = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool parsed = isHexadecimal
            ? long.TryParse(digits[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out number)
            : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        number = isNegative ? -number : number;
        return parsed;
    }

    private static Dictionary<string, (string, int)> Registers()
    {
        Dictionary<string, (string, int)> registers = [];
        foreach (string name in s_names)
        {
            registers[name] = (name, 8);
            registers["e" + name[1..]] = (name, 4);
            registers[name[1..]] = (name, 2);
            registers[name[1..].TrimEnd('x') + "l"] = (name, 1);
        }

        for (int i = 8; i < 16; i++)
        {
            registers[$"r{i}"] = ($"r{i}", 8);
            registers[$"r{i}d"] = ($"r{i}", 4);
            registers[$"r{i}w"] = ($"r{i}", 2);
            registers[$"r{i}b"] = ($"r{i}", 1);
        }

        return registers;
    }

    [GeneratedRegex(@"\[(.*)\]")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"([-+]?)([^-+]+)")]
    private static partial Regex Term();
}
