using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Quiescent.Tests.Faults;

// A type initializer that runs out of memory once fails for ever. Fault caught: one that makes an object; Once.Keep is
// the way to have one for the process. (The compiler's own classes for delegates cost their delegates, no more.)
public sealed class InitializerTests
{
    private static readonly Dictionary<short, OpCode> s_codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToDictionary(static code => code.Value);

    [Fact]
    public void No_type_initializer_of_the_library_makes_an_object()
    {
        ConstructorInfo[] initializers =
        [
            .. typeof(Rcu).Assembly.GetTypes()
                .Where(static type => !type.IsDefined(typeof(CompilerGeneratedAttribute)))
                .Select(static type => type.TypeInitializer)
                .OfType<ConstructorInfo>(),
        ];
        Assert.NotEmpty(initializers);
        Assert.Contains(OpCodes.Newobj, CodesOf(typeof(Twin).TypeInitializer!));
        Assert.Empty(initializers
            .Where(static one => CodesOf(one).Any(static code => code == OpCodes.Newobj || code == OpCodes.Newarr))
            .Select(static one => one.DeclaringType!.FullName));
    }

    private static IEnumerable<OpCode> CodesOf(ConstructorInfo initializer)
    {
        byte[] il = initializer.GetMethodBody()!.GetILAsByteArray()!;
        for (int i = 0; i < il.Length;)
        {
            short value = il[i] == 0xFE ? (short)(0xFE00 | il[i + 1]) : il[i];
            OpCode code = s_codes[value];
            i += code.Size + OperandBytes(code, il, i + code.Size);
            yield return code;
        }
    }

    private static int OperandBytes(OpCode code, byte[] il, int at) => code.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
        _ => 4,
    };

    private static class Twin
    {
        public static readonly object Made = new();
    }
}
