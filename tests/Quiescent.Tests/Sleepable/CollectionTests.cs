using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Sleepable;

// Code that can be unloaded uses sections: once they have ended, nothing in the library keeps it.
public sealed class CollectionTests
{
    private static readonly RcuDomainOptions s_options =
        new() { Name = "sleepable", BacklogPolicy = BacklogPolicy.None };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_assembly_whose_sections_have_ended_can_be_collected(bool validate)
    {
        using SrcuDomain domain = new(s_options with { Validate = validate });
        WeakReference assembly = ReadFromCollectibleCode(domain);
        Until.True(() => IsCollected(assembly));
    }

    private static bool IsCollected(WeakReference reference)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return !reference.IsAlive;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ReadFromCollectibleCode(SrcuDomain domain)
    {
        AssemblyBuilder assembly =
            AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("reader"), AssemblyBuilderAccess.RunAndCollect);
        TypeBuilder type = assembly.DefineDynamicModule("reader").DefineType("Reader", TypeAttributes.Public);
        ILGenerator code = type.DefineMethod(
            "Read", MethodAttributes.Public | MethodAttributes.Static, typeof(void), [typeof(SrcuDomain)])
            .GetILGenerator();
        code.DeclareLocal(typeof(SrcuReadLock));
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Call, typeof(SrcuDomain).GetMethod(nameof(SrcuDomain.ReadLock))!);
        code.Emit(OpCodes.Stloc_0);
        code.Emit(OpCodes.Ldloca_S, (byte)0);
        code.Emit(OpCodes.Call, typeof(SrcuReadLock).GetMethod(nameof(SrcuReadLock.Dispose))!);
        code.Emit(OpCodes.Ret);
        Type reader = type.CreateType();
        reader.GetMethod("Read")!.CreateDelegate<Action<SrcuDomain>>()(domain);
        return new WeakReference(reader);
    }
}
