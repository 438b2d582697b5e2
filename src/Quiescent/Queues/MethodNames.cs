using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Quiescent.Queues;

// The names of methods, for reports.
internal static class MethodNames
{
    public static string Of(Delegate callback) => DiagnosticMethodInfo.Create(callback) is { } method
        ? $"{method.DeclaringTypeName}.{method.Name}"
        : callback.GetType().ToString();

    /// <summary>The method that a pointer calls: found among the loaded ones of that signature, else named by its
    /// address. Slow.</summary>
    public static string OfFunction(nint function, Type parameter)
    {
        if (RuntimeFeature.IsDynamicCodeCompiled)
        {
            foreach (Assembly assembly in AppDomain.CurrentDomain.GetAssemblies())
            {
                try
                {
                    if (FindIn(assembly, function, parameter) is { } method)
                    {
                        return $"{method.DeclaringType}.{method.Name}";
                    }
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    // The assembly cannot be loaded whole; the report says less.
                }
            }
        }

        return $"0x{function:x}";
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Nobody calls a trimmed method.")]
    [UnconditionalSuppressMessage("Trimming", "IL2065", Justification = "Nobody calls a trimmed method.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Nobody calls a trimmed method.")]
    private static MethodInfo? FindIn(Assembly assembly, nint function, Type parameter)
    {
        string? library = parameter.Assembly.GetName().Name;
        if (assembly != parameter.Assembly
            && !Array.Exists(assembly.GetReferencedAssemblies(), reference => reference.Name == library))
        {
            return null;
        }

        foreach (Type type in assembly.GetTypes())
        {
            foreach (MethodInfo method in type.GetMethods(
                BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (!method.ContainsGenericParameters
                    && method.ReturnType == typeof(void)
                    && method.GetParameters() is [{ ParameterType: { IsPointer: true } pointer }]
                    && pointer.GetElementType() == parameter
                    && method.MethodHandle.GetFunctionPointer() == function)
                {
                    return method;
                }
            }
        }

        return null;
    }
}
