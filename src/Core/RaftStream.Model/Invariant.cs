using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace RaftStream.Model;

/// <summary>Checks what must always hold; on in production too.</summary>
public static class Invariant
{
    /// <summary>Stops the machine that found <paramref name="condition"/> false.</summary>
    /// <exception cref="InvariantViolationException">Always when false; caught only by the supervisor.</exception>
    [StackTraceHidden]
    public static void Check(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string? expression = null,
        [CallerMemberName] string? member = null)
    {
        if (!condition)
        {
            Fail(expression, member);
        }
    }

    [DoesNotReturn]
    private static void Fail(string? expression, string? member) =>
        throw new InvariantViolationException($"Invariant violated in {member}: {expression}");
}

/// <summary>A bug: something that must hold did not. Never caught except by a supervisor, which stops the node.</summary>
public sealed class InvariantViolationException(string message) : Exception(message);
