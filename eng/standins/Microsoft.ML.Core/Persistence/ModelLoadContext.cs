using System.Reflection;
using System.Text;
using Microsoft.ML.Internal.Utilities;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>What a component is handed to restore itself from.</summary>
[BestFriend]
internal sealed class ModelLoadContext : IDisposable
{
    /// <summary>The name of the entry that holds a component's header and data.</summary>
    public const string ModelStreamName = "Model.key";

    internal const string NameBinary = "Model.bin";

    /// <summary>The model file, null if the component comes from a plain stream.</summary>
    public readonly RepositoryReader Repository;

    /// <summary>The folder of the component.</summary>
    public readonly string Directory;

    /// <summary>The component's data.</summary>
    public readonly BinaryReader Reader;

    /// <summary>The strings that the data refer to by number.</summary>
    public readonly string[] Strings;

    /// <summary>The assembly that holds the loader.</summary>
    public readonly string LoaderAssemblyName;

    /// <summary>Where the header starts.</summary>
    public readonly long FpMin;

    [BestFriend]
    internal ModelHeader Header;

    private readonly Repository.Entry _entry;
    private readonly IExceptionContext _ectx;

    internal ModelLoadContext(RepositoryReader rep, Repository.Entry ent, string dir)
    {
        Contracts.CheckValue(rep, nameof(rep));
        Repository = rep;
        Directory = dir;
        _entry = ent;
        _ectx = rep.ExceptionContext;
        Reader = new BinaryReader(ent.Stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            ModelHeader.BeginRead(out FpMin, out Header, out Strings, out LoaderAssemblyName, Reader);
        }
        catch (FormatException e)
        {
            throw _ectx.ExceptDecode(e, $"The entry '{ent.Path}' of the model file is damaged: {e.Message}");
        }
    }

    internal ModelLoadContext(BinaryReader reader, IExceptionContext ectx = null)
    {
        ectx.CheckValue(reader, nameof(reader));
        _ectx = ectx;
        Reader = reader;
        ModelHeader.BeginRead(out FpMin, out Header, out Strings, out LoaderAssemblyName, Reader);
    }

    /// <summary>Whether the component comes from a model file.</summary>
    public bool InRepository => Repository != null;

    private string Place => _entry == null ? "the model stream" : $"the entry '{_entry.Path}' of the model file";

    /// <summary>Loads the component in a folder of a model file.</summary>
    public static void LoadModel<TRes, TSig>(IHostEnvironment env, out TRes result, RepositoryReader rep, string dir, params object[] extra)
        where TRes : class
    {
        if (!LoadModelOrNull<TRes, TSig>(env, out result, rep, dir, extra))
            throw env.ExceptDecode($"The model file has no component '{dir}'.");
    }

    /// <summary>Loads the component in a folder of a model file, if there is one.</summary>
    public static bool LoadModelOrNull<TRes, TSig>(IHostEnvironment env, out TRes result, RepositoryReader rep, string dir, params object[] extra)
        where TRes : class
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(rep, nameof(rep));
        using Repository.Entry entry = rep.OpenEntryOrNull(dir, ModelStreamName);
        result = null;
        if (entry == null)
            return false;
        using var ctx = new ModelLoadContext(rep, entry, dir);
        result = ctx.Create<TRes, TSig>(env, extra);
        return true;
    }

    /// <summary>Loads a component from a plain stream.</summary>
    public static void LoadModel<TRes, TSig>(IHostEnvironment env, out TRes result, Stream stream, params object[] extra)
        where TRes : class
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        using var ctx = new ModelLoadContext(reader, env);
        result = ctx.Create<TRes, TSig>(env, extra);
    }

    /// <summary>Loads a part of this component.</summary>
    public void LoadModel<TRes, TSig>(IHostEnvironment env, out TRes result, string name, params object[] extra)
        where TRes : class
    {
        if (!LoadModelOrNull<TRes, TSig>(env, out result, name, extra))
            throw env.ExceptDecode($"The model file has no component '{EntryPath.Combine(Directory, name)}'.");
    }

    /// <summary>Loads a part of this component, if there is one.</summary>
    public bool LoadModelOrNull<TRes, TSig>(IHostEnvironment env, out TRes result, string name, params object[] extra)
        where TRes : class
    {
        env.CheckNonEmpty(name, nameof(name));
        env.Check(InRepository, "Only a model in a file has parts.");
        return LoadModelOrNull<TRes, TSig>(env, out result, Repository, EntryPath.Combine(Directory, name), extra);
    }

    /// <summary>Whether this component has a part of that name.</summary>
    public bool ContainsModel(string name)
    {
        if (!InRepository || string.IsNullOrEmpty(name))
            return false;
        using Repository.Entry entry = Repository.OpenEntryOrNull(EntryPath.Combine(Directory, name), ModelStreamName);
        return entry != null;
    }

    /// <summary>Reads a part that is not a component of its own.</summary>
    public bool TryProcessSubModel(string dir, Action<ModelLoadContext> action)
    {
        Contracts.CheckNonEmpty(dir, nameof(dir));
        Contracts.CheckValue(action, nameof(action));
        Contracts.Check(InRepository, "Only a model in a file has parts.");
        using Repository.Entry entry = Repository.OpenEntryOrNull(EntryPath.Combine(Directory, dir), ModelStreamName);
        if (entry == null)
            return false;
        using var ctx = new ModelLoadContext(Repository, entry, EntryPath.Combine(Directory, dir));
        action(ctx);
        ctx.Done();
        return true;
    }

    /// <summary>Reads an extra stream of this component, if there is one.</summary>
    public bool TryLoadBinaryStream(string name, Action<BinaryReader> action)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        Contracts.CheckValue(action, nameof(action));
        if (!InRepository)
            return false;
        using Repository.Entry entry = Repository.OpenEntryOrNull(Directory, name);
        if (entry == null)
            return false;
        using var reader = new BinaryReader(entry.Stream, Encoding.UTF8, leaveOpen: true);
        action(reader);
        return true;
    }

    /// <summary>Reads an extra text of this component, if there is one.</summary>
    public bool TryLoadTextStream(string name, Action<TextReader> action)
    {
        Contracts.CheckNonEmpty(name, nameof(name));
        Contracts.CheckValue(action, nameof(action));
        if (!InRepository)
            return false;
        using Repository.Entry entry = Repository.OpenEntryOrNull(Directory, name);
        if (entry == null)
            return false;
        using var reader = new StreamReader(entry.Stream, Encoding.UTF8, leaveOpen: true);
        action(reader);
        return true;
    }

    /// <summary>Checks that nothing has been read yet.</summary>
    public void CheckAtModel() => _ectx.Check(Reader.FpCur() == FpMin + Header.FpModel, "Something has been read already.");

    /// <summary>Checks that nothing has been read yet, and signature and version.</summary>
    public void CheckAtModel(VersionInfo ver)
    {
        CheckVersionInfo(ver);
        CheckAtModel();
    }

    /// <summary>Checks signature and version.</summary>
    public void CheckVersionInfo(VersionInfo ver) => ModelHeader.CheckVersionInfo(ref Header, ver);

    /// <summary>Reads the number of a string and returns the string.</summary>
    public string LoadString()
    {
        int id = Reader.ReadInt32();
        _ectx.CheckDecode((uint)id < (uint)Strings.Length, $"There is no string {id} in {Place}, which has {Strings.Length}.");
        return Strings[id];
    }

    /// <summary>Reads the number of a string that cannot be empty.</summary>
    public string LoadNonEmptyString()
    {
        string text = LoadString();
        _ectx.CheckDecode(text.Length > 0, $"A string in {Place} is empty and should not be.");
        return text;
    }

    /// <summary>Reads the number of a string, or -1 for null.</summary>
    public string LoadStringOrNull()
    {
        int id = Reader.ReadInt32();
        _ectx.CheckDecode(id >= -1 && id < Strings.Length, $"There is no string {id} in {Place}, which has {Strings.Length}.");
        return id < 0 ? null : Strings[id];
    }

    /// <summary>Checks that everything has been read.</summary>
    public void Done()
    {
        try
        {
            ModelHeader.EndRead(FpMin, ref Header, Reader);
        }
        catch (FormatException e)
        {
            throw _ectx.ExceptDecode(e, $"Could not read {Place}: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (InRepository)
            Reader.Dispose();
    }

    private TRes Create<TRes, TSig>(IHostEnvironment env, object[] extra)
        where TRes : class
    {
        // The component may live in an assembly that nobody has used yet.
        if (!string.IsNullOrEmpty(LoaderAssemblyName))
            env.ComponentCatalog.RegisterAssembly(LoadAssembly());

        object[] arguments = [this, .. extra ?? []];
        foreach (string signature in new[] { ModelHeader.GetLoaderSig(ref Header), ModelHeader.GetLoaderSigAlt(ref Header) })
        {
            if (signature.Length > 0 && ComponentCatalog.TryCreateInstance<TRes, TSig>(env, out TRes result, signature, "", arguments))
            {
                Done();
                return result;
            }
        }
        throw env.ExceptDecode(
            $"No component '{ModelHeader.GetLoaderSig(ref Header)}' that loads a '{typeof(TRes).Name}' was found in the assembly '{LoaderAssemblyName}', as {Place} asks for.");
    }

    // Whatever resolves assemblies in the process, an older one than the model asks for is none.
    private Assembly LoadAssembly()
    {
        try
        {
            var wanted = new AssemblyName(LoaderAssemblyName);
            Assembly assembly = Assembly.Load(wanted);
            return wanted.Version == null || wanted.Version <= assembly.GetName().Version
                ? assembly
                : throw new FileNotFoundException($"Could not load file or assembly '{LoaderAssemblyName}': there is only version {assembly.GetName().Version}.", LoaderAssemblyName);
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            Contracts.Mark(e);
            throw;
        }
        catch (Exception e) when (e is ArgumentException or IOException)
        {
            throw _ectx.ExceptDecode(e, $"In {Place}, '{LoaderAssemblyName}' is no name of an assembly: {e.Message}");
        }
    }
}
