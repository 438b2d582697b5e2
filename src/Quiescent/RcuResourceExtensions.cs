using System.Runtime.CompilerServices;
using Quiescent.Resources;

namespace Quiescent;

/// <summary>
/// What a reader gets from a resource inside a section (<c>rcu_dereference</c>): an object, a handle, a span. Each
/// method checks that the section is one of the resource's domain, which costs a load and a comparison.
/// </summary>
/// <remarks>The compiler keeps the spans inside the section's variable, as it does with references. It does not see an
/// object, a raw handle or a <see cref="ReadOnlyMemory{T}"/> that is kept for longer.</remarks>
public static class RcuResourceExtensions
{
    /// <summary>The current object, or null; it is not disposed of before the section ends.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="guard">An open section of the domain.</param>
    /// <returns>The object, or null.</returns>
    /// <exception cref="ArgumentNullException">The reference is null.</exception>
    /// <exception cref="ArgumentException">The section is not one of the reference's domain.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T? Dereference<T>(in this ReadGuard guard, RcuReference<T> reference)
        where T : class, IDisposable
    {
        ArgumentNullException.ThrowIfNull(reference);
        reference.Readers.Require(in guard);
        return reference.Load();
    }

    /// <summary>The raw handle, not released before the section ends.</summary>
    /// <param name="guard">An open section of the domain.</param>
    /// <param name="handle">The handle.</param>
    /// <returns>The raw handle.</returns>
    /// <exception cref="ArgumentNullException">The handle is null.</exception>
    /// <exception cref="ArgumentException">The section is not one of the handle's domain.</exception>
    /// <exception cref="ObjectDisposedException">The handle was closed before the section began.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Dereference(in this ReadGuard guard, RcuSafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        handle.Readers.Require(in guard);
        return handle.Use();
    }

    /// <summary>The memory, not freed before the section ends.</summary>
    /// <param name="guard">An open section of the domain.</param>
    /// <param name="memory">The memory.</param>
    /// <returns>A view that is valid until the section ends.</returns>
    /// <exception cref="ArgumentNullException">The memory is null.</exception>
    /// <exception cref="ArgumentException">The section is not one of the memory's domain.</exception>
    /// <exception cref="ObjectDisposedException">The memory was closed before the section began.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<T> Dereference<T>(in this ReadGuard guard, RcuMemoryManager<T> memory)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(memory);
        memory.Readers.Require(in guard);
        return memory.GetSpan();
    }

    /// <summary>The bytes of the current file, which is not unmapped before the section ends.</summary>
    /// <param name="guard">An open section of the domain.</param>
    /// <param name="file">The mapped file.</param>
    /// <returns>A view that is valid until the section ends.</returns>
    /// <exception cref="ArgumentNullException">The file is null.</exception>
    /// <exception cref="ArgumentException">The section is not one of the file's domain.</exception>
    /// <exception cref="ObjectDisposedException">The file is disposed.</exception>
    /// <exception cref="OverflowException">The file is longer than a span can be (2,147,483,647 bytes).</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Dereference(in this ReadGuard guard, RcuMemoryMappedFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Readers.Require(in guard);
        return file.Load().Bytes;
    }

    /// <summary>A part of the current file, which is not unmapped before the section ends.</summary>
    /// <param name="guard">An open section of the domain.</param>
    /// <param name="file">The mapped file.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes.</param>
    /// <returns>A view that is valid until the section ends.</returns>
    /// <exception cref="ArgumentNullException">The file is null.</exception>
    /// <exception cref="ArgumentException">The section is not one of the file's domain.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The part is not in the file.</exception>
    /// <exception cref="ObjectDisposedException">The file is disposed.</exception>
    public static ReadOnlySpan<byte> Dereference(
        in this ReadGuard guard, RcuMemoryMappedFile file, long offset, int length)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Readers.Require(in guard);
        return file.Load().Part(offset, length);
    }

    /// <inheritdoc cref="Dereference{T}(in ReadGuard, RcuReference{T})"/>
    /// <param name="guard">An open section of the domain.</param>
    /// <param name="reference">The reference.</param>
    /// <returns>The object, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T? Dereference<T>(in this OnlineReadGuard guard, RcuReference<T> reference)
        where T : class, IDisposable
    {
        ArgumentNullException.ThrowIfNull(reference);
        reference.Readers.Require(in guard);
        return reference.Load();
    }

    /// <inheritdoc cref="Dereference(in ReadGuard, RcuSafeHandle)"/>
    /// <param name="guard">An open section of the domain.</param>
    /// <param name="handle">The handle.</param>
    /// <returns>The raw handle.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Dereference(in this OnlineReadGuard guard, RcuSafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        handle.Readers.Require(in guard);
        return handle.Use();
    }

    /// <inheritdoc cref="Dereference{T}(in ReadGuard, RcuMemoryManager{T})"/>
    /// <param name="guard">An open section of the domain.</param>
    /// <param name="memory">The memory.</param>
    /// <returns>A view that is valid until the section ends.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<T> Dereference<T>(in this OnlineReadGuard guard, RcuMemoryManager<T> memory)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(memory);
        memory.Readers.Require(in guard);
        return memory.GetSpan();
    }

    /// <inheritdoc cref="Dereference(in ReadGuard, RcuMemoryMappedFile)"/>
    /// <param name="guard">An open section of the domain.</param>
    /// <param name="file">The mapped file.</param>
    /// <returns>A view that is valid until the section ends.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Dereference(in this OnlineReadGuard guard, RcuMemoryMappedFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Readers.Require(in guard);
        return file.Load().Bytes;
    }

    /// <inheritdoc cref="Dereference(in ReadGuard, RcuMemoryMappedFile, long, int)"/>
    /// <param name="guard">An open section of the domain.</param>
    /// <param name="file">The mapped file.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes.</param>
    /// <returns>A view that is valid until the section ends.</returns>
    public static ReadOnlySpan<byte> Dereference(
        in this OnlineReadGuard guard, RcuMemoryMappedFile file, long offset, int length)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Readers.Require(in guard);
        return file.Load().Part(offset, length);
    }

    /// <inheritdoc cref="Dereference{T}(in ReadGuard, RcuReference{T})"/>
    /// <param name="reference">The reference.</param>
    /// <param name="section">An open section of the domain.</param>
    /// <returns>The object, or null.</returns>
    /// <exception cref="InvalidOperationException">The lock was released before, or is the default one.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T? Dereference<T>(in this SrcuReadLock section, RcuReference<T> reference)
        where T : class, IDisposable
    {
        ArgumentNullException.ThrowIfNull(reference);
        reference.Readers.Require(in section);
        return reference.Load();
    }

    /// <inheritdoc cref="Dereference(in ReadGuard, RcuSafeHandle)"/>
    /// <param name="section">An open section of the domain.</param>
    /// <param name="handle">The handle.</param>
    /// <returns>The raw handle.</returns>
    /// <exception cref="InvalidOperationException">The lock was released before, or is the default one.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Dereference(in this SrcuReadLock section, RcuSafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        handle.Readers.Require(in section);
        return handle.Use();
    }

    /// <inheritdoc cref="Dereference{T}(in ReadGuard, RcuMemoryManager{T})"/>
    /// <param name="section">An open section of the domain.</param>
    /// <param name="memory">The memory.</param>
    /// <returns>A view that is valid until the section ends.</returns>
    /// <exception cref="InvalidOperationException">The lock was released before, or is the default one.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<T> Dereference<T>(in this SrcuReadLock section, RcuMemoryManager<T> memory)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(memory);
        memory.Readers.Require(in section);
        return memory.GetSpan();
    }

    /// <inheritdoc cref="Dereference(in ReadGuard, RcuMemoryMappedFile)"/>
    /// <param name="section">An open section of the domain.</param>
    /// <param name="file">The mapped file.</param>
    /// <returns>A view that is valid until the section ends.</returns>
    /// <exception cref="InvalidOperationException">The lock was released before, or is the default one.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Dereference(in this SrcuReadLock section, RcuMemoryMappedFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Readers.Require(in section);
        return file.Load().Bytes;
    }

    /// <inheritdoc cref="Dereference(in ReadGuard, RcuMemoryMappedFile, long, int)"/>
    /// <param name="section">An open section of the domain.</param>
    /// <param name="file">The mapped file.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many bytes.</param>
    /// <returns>A view that is valid until the section ends.</returns>
    /// <exception cref="InvalidOperationException">The lock was released before, or is the default one.</exception>
    public static ReadOnlySpan<byte> Dereference(
        in this SrcuReadLock section, RcuMemoryMappedFile file, long offset, int length)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Readers.Require(in section);
        return file.Load().Part(offset, length);
    }

    /// <summary>The bytes of the current file, which is not unmapped before the section ends, in a form that may be
    /// held across <c>await</c>: one file for the whole of a section.</summary>
    /// <param name="section">An open section of the domain.</param>
    /// <param name="file">The mapped file.</param>
    /// <returns>The file, to be used until the section ends.</returns>
    /// <exception cref="ArgumentNullException">The file is null.</exception>
    /// <exception cref="ArgumentException">The section is not one of the file's domain.</exception>
    /// <exception cref="InvalidOperationException">The lock was released before, or is the default one.</exception>
    /// <exception cref="ObjectDisposedException">The file is disposed.</exception>
    /// <exception cref="OverflowException">The file is longer than such memory can be (2,147,483,647
    /// bytes).</exception>
    /// <remarks><b>Safety.</b> Using it after the section throws an <see cref="ObjectDisposedException"/> once the file
    /// is unmapped; the use of a span that was made from it and kept is not seen. A pin
    /// (<see cref="ReadOnlyMemory{T}.Pin"/>) keeps the mapping beyond the section.</remarks>
    public static ReadOnlyMemory<byte> DereferenceMemory(in this SrcuReadLock section, RcuMemoryMappedFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        file.Readers.Require(in section);
        NativeRegion region = file.Load();
        return (region.View ??= new RcuMemoryManager<byte>(file.Domain, region)).Memory[..checked((int)region.Length)];
    }
}
