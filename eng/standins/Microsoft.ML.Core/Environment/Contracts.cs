using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.Runtime;

/// <summary>
/// Checks that throw, and exceptions to throw. Each check exists bare and on an <see cref="IExceptionContext"/>, which may be null; each
/// exception is marked as ML.NET's own.
/// </summary>
/// <remarks>
/// Check and Except: <see cref="InvalidOperationException"/>. Value: <see cref="ArgumentNullException"/>. Param, UserArg, NonEmpty and
/// SchemaMismatch: <see cref="ArgumentOutOfRangeException"/>. Decode: <see cref="FormatException"/>. IO: <see cref="IOException"/>.
/// </remarks>
[BestFriend]
internal static partial class Contracts
{
    /// <summary>The key under which a marked exception says so.</summary>
    public const string IsMarkedKey = "ML_IsMarked";

    /// <summary>The key under which an exception keeps its sensitivity.</summary>
    public const string SensitivityKey = "ML_Sensitivity";

    /// <summary>Whether ML.NET raised the exception on purpose.</summary>
    public static bool IsMarked(this Exception ex)
    {
        ArgumentNullException.ThrowIfNull(ex);
        return ex.Data.Contains(IsMarkedKey);
    }

    /// <summary>Marks an exception as raised on purpose.</summary>
    public static TException Mark<TException>(TException ex)
        where TException : Exception
    {
        ArgumentNullException.ThrowIfNull(ex);
        ex.Data[IsMarkedKey] = 1;
        return ex;
    }

    /// <summary>Lets the context mark the exception, or marks it.</summary>
    public static TException Process<TException>(this TException ex, IExceptionContext ectx = null)
        where TException : Exception => ectx == null ? Mark(ex) : ectx.Process(ex);

    /// <summary>Records what the exception's text may give away.</summary>
    public static TException MarkSensitive<TException>(this TException ex, MessageSensitivity sensitivity)
        where TException : Exception
    {
        ArgumentNullException.ThrowIfNull(ex);
        ex.Data[SensitivityKey] = sensitivity;
        return ex;
    }

    /// <summary>What the exception's text may give away.</summary>
    public static MessageSensitivity Sensitivity(this Exception ex)
    {
        ArgumentNullException.ThrowIfNull(ex);
        return ex.Data[SensitivityKey] as MessageSensitivity? ?? MessageSensitivity.Unknown;
    }

    /// <summary>Throws InvalidOperationException unless <paramref name="f"/>.</summary>
    public static void Check(bool f)
    {
        if (!f)
            throw Except();
    }

    /// <inheritdoc cref="Check(bool)"/>
    public static void Check(bool f, string msg)
    {
        if (!f)
            throw Except(msg);
    }

    /// <inheritdoc cref="Check(bool)"/>
    public static void Check(this IExceptionContext ctx, bool f)
    {
        if (!f)
            throw Except(ctx);
    }

    /// <inheritdoc cref="Check(bool)"/>
    public static void Check(this IExceptionContext ctx, bool f, string msg)
    {
        if (!f)
            throw Except(ctx, msg);
    }

    /// <summary>Throws ArgumentOutOfRangeException for a setting of the user's unless <paramref name="f"/>.</summary>
    public static void CheckUserArg(bool f, string name)
    {
        if (!f)
            throw ExceptUserArg(name);
    }

    /// <inheritdoc cref="CheckUserArg(bool,string)"/>
    public static void CheckUserArg(bool f, string name, string msg)
    {
        if (!f)
            throw ExceptUserArg(name, msg);
    }

    /// <inheritdoc cref="CheckUserArg(bool,string)"/>
    public static void CheckUserArg(this IExceptionContext ctx, bool f, string name)
    {
        if (!f)
            throw ExceptUserArg(ctx, name);
    }

    /// <inheritdoc cref="CheckUserArg(bool,string)"/>
    public static void CheckUserArg(this IExceptionContext ctx, bool f, string name, string msg)
    {
        if (!f)
            throw ExceptUserArg(ctx, name, msg);
    }

    /// <summary>Throws ArgumentOutOfRangeException for a parameter unless <paramref name="f"/>.</summary>
    public static void CheckParam(bool f, string paramName)
    {
        if (!f)
            throw ExceptParam(paramName);
    }

    /// <inheritdoc cref="CheckParam(bool,string)"/>
    public static void CheckParam(bool f, string paramName, string msg)
    {
        if (!f)
            throw ExceptParam(paramName, msg);
    }

    /// <inheritdoc cref="CheckParam(bool,string)"/>
    public static void CheckParam(this IExceptionContext ctx, bool f, string paramName)
    {
        if (!f)
            throw ExceptParam(ctx, paramName);
    }

    /// <inheritdoc cref="CheckParam(bool,string)"/>
    public static void CheckParam(this IExceptionContext ctx, bool f, string paramName, string msg)
    {
        if (!f)
            throw ExceptParam(ctx, paramName, msg);
    }

    /// <summary>Throws ArgumentNullException if <paramref name="val"/> is null, and returns it otherwise.</summary>
    public static T CheckRef<T>(T val, string paramName)
        where T : class => val ?? throw ExceptValue(paramName);

    /// <inheritdoc cref="CheckRef{T}(T,string)"/>
    public static T CheckRef<T>(this IExceptionContext ctx, T val, string paramName)
        where T : class => val ?? throw ExceptValue(ctx, paramName);

    /// <summary>Throws ArgumentNullException if <paramref name="val"/> is null.</summary>
    public static void CheckValue<T>(T val, string paramName)
        where T : class
    {
        if (val == null)
            throw ExceptValue(paramName);
    }

    /// <inheritdoc cref="CheckValue{T}(T,string)"/>
    public static T CheckValue<T>(T val, string paramName, string msg)
        where T : class => val ?? throw ExceptValue(paramName, msg);

    /// <inheritdoc cref="CheckValue{T}(T,string)"/>
    public static void CheckValue<T>(this IExceptionContext ctx, T val, string paramName)
        where T : class
    {
        if (val == null)
            throw ExceptValue(ctx, paramName);
    }

    /// <inheritdoc cref="CheckValue{T}(T,string)"/>
    public static T CheckValue<T>(this IExceptionContext ctx, T val, string paramName, string msg)
        where T : class => val ?? throw ExceptValue(ctx, paramName, msg);

    /// <summary>Throws ArgumentOutOfRangeException if the text is null or empty.</summary>
    public static string CheckNonEmpty(string s, string paramName) => string.IsNullOrEmpty(s) ? throw ExceptEmpty(paramName) : s;

    /// <inheritdoc cref="CheckNonEmpty(string,string)"/>
    public static string CheckNonEmpty(string s, string paramName, string msg) => string.IsNullOrEmpty(s) ? throw ExceptEmpty(paramName, msg) : s;

    /// <inheritdoc cref="CheckNonEmpty(string,string)"/>
    public static string CheckNonEmpty(this IExceptionContext ctx, string s, string paramName) =>
        string.IsNullOrEmpty(s) ? throw ExceptEmpty(ctx, paramName) : s;

    /// <inheritdoc cref="CheckNonEmpty(string,string)"/>
    public static string CheckNonEmpty(this IExceptionContext ctx, string s, string paramName, string msg) =>
        string.IsNullOrEmpty(s) ? throw ExceptEmpty(ctx, paramName, msg) : s;

    /// <summary>Throws ArgumentOutOfRangeException if the array is null or empty.</summary>
    public static T[] CheckNonEmpty<T>(T[] args, string paramName) => args is not { Length: > 0 } ? throw ExceptEmpty(paramName) : args;

    /// <inheritdoc cref="CheckNonEmpty{T}(T[],string)"/>
    public static T[] CheckNonEmpty<T>(this IExceptionContext ctx, T[] args, string paramName) =>
        args is not { Length: > 0 } ? throw ExceptEmpty(ctx, paramName) : args;

    /// <summary>Throws ArgumentOutOfRangeException if the text is null, empty or blank.</summary>
    public static string CheckNonWhiteSpace(string s, string paramName) => string.IsNullOrWhiteSpace(s) ? throw ExceptWhiteSpace(paramName) : s;

    /// <inheritdoc cref="CheckNonWhiteSpace(string,string)"/>
    public static string CheckNonWhiteSpace(this IExceptionContext ctx, string s, string paramName) =>
        string.IsNullOrWhiteSpace(s) ? throw ExceptWhiteSpace(ctx, paramName) : s;

    /// <summary>Throws FormatException unless <paramref name="f"/>.</summary>
    public static void CheckDecode(bool f)
    {
        if (!f)
            throw ExceptDecode();
    }

    /// <inheritdoc cref="CheckDecode(bool)"/>
    public static void CheckDecode(bool f, string msg)
    {
        if (!f)
            throw ExceptDecode(msg);
    }

    /// <inheritdoc cref="CheckDecode(bool)"/>
    public static void CheckDecode(this IExceptionContext ctx, bool f)
    {
        if (!f)
            throw ExceptDecode(ctx, "The data is corrupt.");
    }

    /// <inheritdoc cref="CheckDecode(bool)"/>
    public static void CheckDecode(this IExceptionContext ctx, bool f, string msg)
    {
        if (!f)
            throw ExceptDecode(ctx, msg);
    }

    /// <summary>Throws IOException unless <paramref name="f"/>.</summary>
    public static void CheckIO(bool f)
    {
        if (!f)
            throw ExceptIO();
    }

    /// <inheritdoc cref="CheckIO(bool)"/>
    public static void CheckIO(bool f, string msg)
    {
        if (!f)
            throw ExceptIO(msg);
    }

    /// <inheritdoc cref="CheckIO(bool)"/>
    public static void CheckIO(this IExceptionContext ctx, bool f, string msg)
    {
        if (!f)
            throw ExceptIO(ctx, msg);
    }

    /// <summary>Checks in a debug build of the caller only.</summary>
    [Conditional("DEBUG")]
    public static void Assert(bool f) => Debug.Assert(f);

    /// <inheritdoc cref="Assert(bool)"/>
    [Conditional("DEBUG")]
    public static void Assert(bool f, string msg) => Debug.Assert(f, msg);

    /// <inheritdoc cref="Assert(bool)"/>
    [Conditional("DEBUG")]
    public static void Assert(this IExceptionContext ctx, bool f) => Debug.Assert(f);

    /// <inheritdoc cref="Assert(bool)"/>
    [Conditional("DEBUG")]
    public static void AssertValue<T>(T val)
        where T : class => Debug.Assert(val != null);

    /// <inheritdoc cref="Assert(bool)"/>
    [Conditional("DEBUG")]
    public static void AssertValue<T>(this IExceptionContext ctx, T val)
        where T : class => Debug.Assert(val != null);

    private static string Format(string msg, object[] args) => string.Format(CultureInfo.CurrentCulture, msg, args);
}
