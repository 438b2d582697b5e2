using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Quiescent.Collections.Hashing;

// Finds keys whose default comparison would leave out most of them: the runtime's comparison of structs sees the one
// field that a fixed buffer or an inline array has for all of its elements. A struct that compares itself (IEquatable)
// is trusted with its own arrays.
internal static class KeyFields
{
    private const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Sees less where the trimmer removed fields.")]
    public static bool HideElements(Type type)
    {
        bool isTrusted = Array.Exists(type.GetInterfaces(), found => IsComparisonWith(found, type));
        return (!isTrusted && type.IsDefined(typeof(InlineArrayAttribute), inherit: false))
            || Array.Exists(type.GetFields(All), field => HidesElements(field, isTrusted));
    }

    private static bool HidesElements(FieldInfo field, bool isTrusted) =>
        field.IsDefined(typeof(FixedBufferAttribute), inherit: false)
            ? !isTrusted
            : !field.FieldType.IsPrimitive && HideElements(field.FieldType);

    private static bool IsComparisonWith(Type found, Type type) =>
        found.IsGenericType
        && found.GetGenericTypeDefinition() == typeof(IEquatable<>)
        && found.GenericTypeArguments[0] == type;
}
