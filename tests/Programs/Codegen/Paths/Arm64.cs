using System.Globalization;
using System.Text.RegularExpressions;
using Quiescent.Codegen.Listings;

namespace Quiescent.Codegen.Paths;

// arm64. Only ldar and ldapr acquire, only stlr releases, dmb ish is the full fence; atomics do what their names
// promise.
internal sealed partial class Arm64 : IMachine
{
    private static readonly string[] s_kept =
        ["sp", .. Enumerable.Range(19, 11).Select(i => $"x{i}")];

    // A call that resolves the address of thread-local memory changes two registers only.
    private static readonly string[] s_keptByResolver = [.. s_kept, .. Enumerable.Range(1, 18).Select(i => $"x{i}")];

    public Step Execute(State state, Instruction instruction, int index)
    {
        Context at = new(state, instruction, index);
        IReadOnlyList<string> operands = instruction.Operands;
        string mnemonic = instruction.Mnemonic;
        switch (mnemonic)
        {
            case "mov" or "movz" or "movk" or "movn":
                Move(at);
                break;
            case "add" or "sub":
                Value left = Read(at, operands[1]);
                Value right = operands.Count == 3 ? Read(at, operands[2]) : Value.UnknownOf(index, "shifted");
                Value? sum =
                    mnemonic == "add" ? Value.Sum(left, right) : right.IsConstant ? left.Plus(-right.Offset) : null;
                Write(at, operands[0], sum ?? Value.UnknownOf(index, "sum"));
                break;
            case "adr" or "adrp":
                Write(at, operands[0], Value.Named(instruction.Symbol));
                break;
            case "cmp":
                state.Compared = operands.Count == 2 ? (Read(at, operands[0]), Read(at, operands[1])) : null;
                break;
            case "cmn" or "tst" or "ccmp" or "ands" or "adds" or "subs":
                state.Compared = null;
                if (mnemonic is "ands" or "adds" or "subs")
                {
                    Write(at, operands[0], Value.UnknownOf(index, "result"));
                }

                break;
            case "dmb" when operands[0] is "ish" or "sy":
                state.Add(new Access(AccessKind.Fence, at.Text));
                break;
            case "dmb" or "nop" or "prfm" or "yield" or "isb":
                break;
            case "bl" or "blr":
                Call(at);
                break;
            case "b" or "br":
                if (mnemonic == "br" || !IsLabel(operands[0]))
                {
                    Call(at);
                    return new Step(Next.Ends);
                }

                return new Step(Next.Jumps, Label(operands[0]));
            case "b.eq" or "b.ne" or "beq" or "bne":
                return new Step(Next.Branches, Label(operands[0]), state.Compared, mnemonic is "b.eq" or "beq");
            case "cbz" or "cbnz":
                return new Step(
                    Next.Branches, Label(operands[1]), (Read(at, operands[0]), Value.Zero), mnemonic == "cbz");
            case "tbz" or "tbnz":
                return new Step(Next.Branches, Label(operands[2]));
            case "ret":
                return new Step(Next.Ends);
            case "brk" or "udf":
                return new Step(Next.Jumps);
            case ['b', '.', ..] or "bge" or "bgt" or "ble" or "blt"
                or "bhi" or "bhs" or "blo" or "bls" or "bmi" or "bpl":
                return new Step(Next.Branches, Label(operands[0]));
            case ['l', 'd', ..]:
                Load(at);
                break;
            case ['s', 't', ..]:
                Store(at);
                break;
            case ['s', 'w', 'p', ..] or ['c', 'a', 's', ..]:
                Atomic(at, operands[^2], operands[^1]);
                break;
            default:
                if (operands.Count > 0)
                {
                    Write(at, operands[0], Value.UnknownOf(index, "result"));
                }

                break;
        }

        return new Step(Next.Falls);
    }

    private static void Move(Context at)
    {
        IReadOnlyList<string> operands = at.Instruction.Operands;
        Value value = Read(at, operands[1]);
        int shift = operands.Count == 3
            ? int.Parse(Digits().Match(operands[2]).Value, CultureInfo.InvariantCulture)
            : 0;
        Write(at, operands[0], at.Instruction.Mnemonic switch
        {
            _ when at.Instruction.Symbol.Length > 0 => Value.Named(at.Instruction.Symbol),
            "movn" => Value.Constant(~(value.Offset << shift)),
            "movk" => Insert(Read(at, operands[0]), value.Offset, shift),
            _ => value.IsConstant ? Value.Constant(value.Offset << shift) : value,
        });
    }

    private static Value Insert(Value into, long bits, int shift) =>
        into.IsConstant ? Value.Constant((into.Offset & ~(0xFFFFL << shift)) | (bits << shift)) : into;

    private static void Load(Context at)
    {
        string mnemonic = at.Instruction.Mnemonic;
        if (mnemonic is not ("ldr" or "ldrb" or "ldrh" or "ldrsb" or "ldrsh" or "ldrsw" or "ldp" or "ldpsw")
            && !mnemonic.StartsWith("ldur", StringComparison.Ordinal)
            && !mnemonic.StartsWith("ldx", StringComparison.Ordinal)
            && !IsAcquire(mnemonic))
        {
            // ldadd, ldset, ldclr, …: the old value goes into the last register.
            Atomic(at, at.Instruction.Operands[^2], at.Instruction.Operands[^1]);
            return;
        }

        int memory = MemoryOperand(at.Instruction);
        Value address = Address(at, memory);
        int bytes = Width(mnemonic, at.Instruction.Operands[0]);
        for (int i = 0; i < memory; i++)
        {
            // The JIT's comment names the function whose address is loaded from a cell.
            Value value = address.Root.StartsWith("symbol:", StringComparison.Ordinal)
                && at.Instruction.Symbol.Contains(':', StringComparison.Ordinal)
                ? Value.Named(at.Instruction.Symbol)
                : at.State.Load(at.Index, at.NextPart(), address.Plus(i * bytes), bytes, IsAcquire(mnemonic), at.Text);
            Write(at, at.Instruction.Operands[i], value);
        }
    }

    private static void Store(Context at)
    {
        string mnemonic = at.Instruction.Mnemonic;
        bool isExclusive = mnemonic.StartsWith("stx", StringComparison.Ordinal)
            || mnemonic.StartsWith("stlx", StringComparison.Ordinal);
        int first = isExclusive ? 1 : 0;
        int memory = MemoryOperand(at.Instruction);
        Value[] values = [.. Enumerable.Range(first, memory - first).Select(i => Read(at, at.Instruction.Operands[i]))];
        Value address = Address(at, memory);
        int bytes = Width(mnemonic, at.Instruction.Operands[first]);
        for (int i = 0; i < values.Length; i++)
        {
            at.State.Store(
                address.Plus(i * bytes),
                values[i],
                bytes,
                mnemonic.StartsWith("stl", StringComparison.Ordinal),
                at.Text);
        }

        if (isExclusive)
        {
            Write(at, at.Instruction.Operands[0], Value.UnknownOf(at.Index, "status"));
        }
    }

    // An atomic is a full fence when it acquires and releases.
    private static void Atomic(Context at, string loaded, string memory)
    {
        bool isFull = at.Instruction.Mnemonic.Contains("al", StringComparison.Ordinal);
        if (isFull)
        {
            at.State.Add(new Access(AccessKind.Fence, at.Text));
        }

        Value address = Read(at, Inner().Match(memory).Groups[1].Value);
        Value old =
            at.State.Load(at.Index, at.NextPart(), address, Width(at.Instruction.Mnemonic, loaded), isFull, at.Text);
        at.State.Store(
            address, Read(at, at.Instruction.Operands[0]), Width(at.Instruction.Mnemonic, loaded), isFull, at.Text);
        Write(at, loaded, old);
    }

    private static void Call(Context at)
    {
        Canonical(at.State, "sp");
        string operand = at.Instruction.Operands[0];
        string reached = at.Instruction.Mnemonic is "blr" or "br" ? Read(at, operand).Root : operand;
        bool isResolver = at.Instruction.Symbol.StartsWith("tls_", StringComparison.Ordinal);
        at.State.Call(at.Index, $"{at.Instruction.Symbol} {reached}", isResolver ? s_keptByResolver : s_kept, at.Text);
    }

    private static Value Read(Context at, string operand)
    {
        if (operand.StartsWith('#'))
        {
            return TryNumber(operand[1..], out long number)
                ? Value.Constant(number)
                : Value.UnknownOf(at.Index, operand);
        }

        if (operand is "xzr" or "wzr")
        {
            return Value.Zero;
        }

        if (Canonical(at.State, operand) is not { } register)
        {
            return Value.UnknownOf(at.Index, operand);
        }

        Value value = at.State[register];
        return operand[0] != 'w' || value.IsConstant ? value : Value.UnknownOf(at.Index, register);
    }

    private static void Write(Context at, string operand, Value value)
    {
        if (Canonical(at.State, operand) is { } register)
        {
            at.State[register] = value;
        }
    }

    private static Value Address(Context at, int memory)
    {
        string operand = at.Instruction.Operands[memory];
        string[] parts = Inner().Match(operand).Groups[1].Value.Split(',', StringSplitOptions.TrimEntries);
        Value start = Read(at, parts[0]);
        Value? offset = parts.Length == 1 ? Value.Zero : parts.Length == 2 ? Read(at, parts[1]) : null;
        Value address = (offset is { } known ? Value.Sum(start, known) : null) ?? Value.UnknownOf(at.Index, "address");
        if (operand.EndsWith('!'))
        {
            Write(at, parts[0], address);
        }
        else if (memory + 1 < at.Instruction.Operands.Count)
        {
            Write(
                at,
                parts[0],
                Value.Sum(start, Read(at, at.Instruction.Operands[memory + 1]))
                    ?? Value.UnknownOf(at.Index, "address"));
        }

        return address;
    }

    private static int MemoryOperand(Instruction instruction)
    {
        for (int i = 0; i < instruction.Operands.Count; i++)
        {
            if (instruction.Operands[i].StartsWith('['))
            {
                return i;
            }
        }

        throw new InvalidDataException($"No memory operand in '{instruction}'.");
    }

    private static bool IsAcquire(string mnemonic) =>
        mnemonic.StartsWith("ldar", StringComparison.Ordinal) || mnemonic.StartsWith("ldap", StringComparison.Ordinal)
        || mnemonic.StartsWith("ldax", StringComparison.Ordinal);

    private static int Width(string mnemonic, string register) => mnemonic[^1] switch
    {
        'b' => 1,
        'h' => 2,
        'w' => 4,
        _ => register[0] switch { 'x' or 'd' or 'f' or 'l' => 8, 'q' => 16, _ => 4 },
    };

    // x, w and the names of x29 and x30; null for others, such as vector registers.
    private static string? Canonical(State state, string name)
    {
        if (name is "sp" or "wsp")
        {
            if (state["sp"].IsArgument)
            {
                state["sp"] = Value.StackPointer;
            }

            return "sp";
        }

        return name switch
        {
            "fp" => "x29",
            "lr" => "x30",
            ['x' or 'w', >= '0' and <= '9', ..] => "x" + name[1..],
            _ => null,
        };
    }

    private static bool IsLabel(string operand) =>
        operand.StartsWith("G_M", StringComparison.Ordinal) || operand.StartsWith("0x", StringComparison.Ordinal);

    private static string Label(string operand) => operand.Split(' ')[0];

    private static bool TryNumber(string text, out long number)
    {
        bool isNegative = text.StartsWith('-');
        string digits = isNegative ? text[1..] : text;
        bool parsed = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? long.TryParse(digits[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out number)
            : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        number = isNegative ? -number : number;
        return parsed;
    }

    [GeneratedRegex(@"\[(.*)\]")]
    private static partial Regex Inner();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}
