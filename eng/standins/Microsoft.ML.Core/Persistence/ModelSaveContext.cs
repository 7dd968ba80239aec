using System.Text;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>What a component is handed to store itself with.</summary>
public sealed class ModelSaveContext : IDisposable
{
    [BestFriend]
    internal readonly RepositoryWriter Repository;

    [BestFriend]
    internal readonly string Directory;

    [BestFriend]
    internal readonly BinaryWriter Writer;

    [BestFriend]
    internal readonly NormStr.Pool Strings = [];

    [BestFriend]
    internal readonly long FpMin;

    [BestFriend]
    internal ModelHeader Header;

    private readonly Repository.Entry _entry;
    private string _loaderAssemblyName;

    internal ModelSaveContext(RepositoryWriter rep, string dir, string name)
    {
        Contracts.CheckValue(rep, nameof(rep));
        Repository = rep;
        Directory = dir;
        _entry = rep.CreateEntry(dir, name);
        Writer = new BinaryWriter(_entry.Stream, Encoding.UTF8, leaveOpen: true);
        ModelHeader.BeginWrite(Writer, out FpMin, out Header);
    }

    internal ModelSaveContext(BinaryWriter writer, IExceptionContext ectx = null)
    {
        ectx.CheckValue(writer, nameof(writer));
        Writer = writer;
        ModelHeader.BeginWrite(Writer, out FpMin, out Header);
    }

    [BestFriend]
    internal bool InRepository => Repository != null;

    /// <inheritdoc/>
    public void Dispose() => _entry?.Dispose();

    [BestFriend]
    internal static void Save(BinaryWriter writer, Action<ModelSaveContext> fn)
    {
        using var ctx = new ModelSaveContext(writer);
        fn(ctx);
        ctx.Done();
    }

    [BestFriend]
    internal static void SaveModel<T>(RepositoryWriter rep, T value, string path)
        where T : class
    {
        Contracts.CheckValue(rep, nameof(rep));
        if (value == null)
            return;
        if (value is not ICanSaveModel saver)
            throw Contracts.Except($"A '{value.GetType()}' cannot be saved: it is no {nameof(ICanSaveModel)}.");
        using var ctx = new ModelSaveContext(rep, path, ModelLoadContext.ModelStreamName);
        saver.Save(ctx);
        ctx.Done();
    }

    [BestFriend]
    internal void CheckAtModel() => Contracts.Check(Writer.FpCur() == FpMin + Header.FpModel, "Something has been written already.");

    [BestFriend]
    internal void SetVersionInfo(VersionInfo ver)
    {
        ModelHeader.SetVersionInfo(ref Header, ver);
        _loaderAssemblyName = ver.LoaderAssemblyName;
    }

    [BestFriend]
    internal void Done() => ModelHeader.EndWrite(Writer, FpMin, ref Header, Strings, _loaderAssemblyName);

    [BestFriend]
    internal void SaveModel<T>(T value, string name)
        where T : class
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        Contracts.Check(InRepository, "Only a model in a file can have parts.");
        SaveModel(Repository, value, EntryPath.Combine(Directory, name));
    }

    [BestFriend]
    internal void SaveSubModel(string dir, Action<ModelSaveContext> fn)
    {
        Contracts.CheckNonEmpty(dir, nameof(dir));
        Contracts.Check(InRepository, "Only a model in a file can have parts.");
        using var ctx = new ModelSaveContext(Repository, EntryPath.Combine(Directory, dir), ModelLoadContext.ModelStreamName);
        fn(ctx);
        ctx.Done();
    }

    [BestFriend]
    internal void SaveBinaryStream(string name, Action<BinaryWriter> action)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        Contracts.Check(InRepository, "Only a model in a file can have streams.");
        using Repository.Entry entry = Repository.CreateEntry(Directory, name);
        using var writer = new BinaryWriter(entry.Stream, Encoding.UTF8, leaveOpen: true);
        action(writer);
    }

    [BestFriend]
    internal void SaveTextStream(string name, Action<TextWriter> action)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        Contracts.Check(InRepository, "Only a model in a file can have streams.");
        using Repository.Entry entry = Repository.CreateEntry(Directory, name);
        using var writer = new StreamWriter(entry.Stream, new UTF8Encoding(false), leaveOpen: true);
        action(writer);
    }

    [BestFriend]
    internal void SaveString(string str)
    {
        Contracts.CheckValue(str, nameof(str));
        Writer.Write(Strings.Add(str).Id);
    }

    [BestFriend]
    internal void SaveString(ReadOnlyMemory<char> str) => SaveString(str.ToString());

    [BestFriend]
    internal void SaveNonEmptyString(string str) => SaveString(Contracts.CheckNonEmpty(str, nameof(str)));

    [BestFriend]
    internal void SaveNonEmptyString(ReadOnlyMemory<char> str) => SaveNonEmptyString(str.ToString());

    [BestFriend]
    internal void SaveStringOrNull(string str)
    {
        if (str == null)
            Writer.Write(-1);
        else
            SaveString(str);
    }
}
