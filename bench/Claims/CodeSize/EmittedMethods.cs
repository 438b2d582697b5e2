using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Runtime.InteropServices;

namespace Quiescent.Claims.CodeSize;

// What a callback costs besides its code: the metadata of an assembly with so many of them, less that of one without.
internal static class EmittedMethods
{
    /// <summary>Bytes of metadata for one method, of an assembly with that many.</summary>
    public static double MetadataBytesPerMethod(int methods) =>
        (MetadataBytes(methods) - MetadataBytes(0)) / (double)methods;

    private static int MetadataBytes(int methods)
    {
        PersistedAssemblyBuilder assembly = new(new AssemblyName("Callbacks"), typeof(object).Assembly);
        TypeBuilder type = assembly.DefineDynamicModule("Callbacks").DefineType("Callbacks", TypeAttributes.Public);
        MethodInfo free = typeof(NativeMemory).GetMethod(nameof(NativeMemory.Free))!;

        // What is defined once for all callbacks.
        Define(type, "FreeNode", free);
        for (int i = 0; i < methods; i++)
        {
            Define(type, $"FreeNode{i}", free);
        }

        type.CreateType();
        BlobBuilder serialized = new();
        new MetadataRootBuilder(assembly.GenerateMetadata(out _, out _)).Serialize(serialized, methodBodyStreamRva: 0, mappedFieldDataStreamRva: 0);
        return serialized.Count;
    }

    private static void Define(TypeBuilder type, string name, MethodInfo free)
    {
        MethodBuilder method = type.DefineMethod(
            name, MethodAttributes.Public | MethodAttributes.Static, typeof(void), [typeof(RcuHead).MakePointerType()]);
        ILGenerator code = method.GetILGenerator();
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Ldc_I4_8);
        code.Emit(OpCodes.Sub);
        code.Emit(OpCodes.Call, free);
        code.Emit(OpCodes.Ret);
    }
}
